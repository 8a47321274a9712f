/** Drafts and surroundings that the suites of peers, tokens and keys share. */
import { sql } from 'kysely'
import type { AuditRow } from '../../src/domain/audit-ports.ts'
import type { KeyDraft, TokenDraft } from '../../src/domain/credential-ports.ts'
import type { Peer, PeerId } from '../../src/domain/peer.ts'
import type { PeerDraft, PeerStore } from '../../src/domain/ports.ts'
import type { Actor } from '../../src/domain/principal.ts'
import type { SecretBox } from '../../src/domain/secrets.ts'
import { createKeyRing } from '../../src/security/key-ring.ts'
import { createSecretBox } from '../../src/security/secret-box.ts'
import { hashToken, mintToken } from '../../src/security/tokens.ts'
import { createAuditLog } from '../../src/storage/audit-log.ts'
import type { Engine } from '../../src/storage/engine.ts'
import { createManualClock, type ManualClock } from '../support/clocks.ts'

export const OPERATOR: Actor = { id: 'key:0199d2f0-0000-7000-8000-000000000001', requestId: 'req-1' }

export const START: number = Date.parse('2026-11-23T12:00:00.123Z')

/** A clock that stands still until it is told. */
export function createTestClock(): ManualClock {
  return createManualClock(START)
}

export function createTestBox(): SecretBox {
  return createSecretBox(createKeyRing())
}

export function peerDraft(name: string, changes: Partial<PeerDraft> = {}): PeerDraft {
  return {
    name,
    registryUrl: `https://${name.toLowerCase().replaceAll(' ', '-')}.example`,
    isActive: true,
    isInboundActive: false,
    apiKey: null,
    signingSecret: null,
    protocol: 'agentvault',
    timeoutMs: null,
    publicKey: null,
    signatureScheme: 'hmac-sha256',
    signatureTarget: 'path-and-query',
    requireSignature: null,
    priority: 0,
    metadata: {},
    sharePolicy: null,
    quota: null,
    ...changes,
  }
}

export function tokenDraft(peerId: PeerId, changes: Partial<TokenDraft> = {}): TokenDraft {
  return {
    peerId,
    scheme: 'hmac',
    tokenHash: hashToken(mintToken('avf')),
    hint: 'avf_…Ab12',
    hmacSecret: 'a signing secret',
    expiresAt: null,
    ...changes,
  }
}

export function keyDraft(changes: Partial<KeyDraft> = {}): KeyDraft {
  return {
    name: 'laptop',
    role: 'viewer',
    tokenHash: hashToken(mintToken('ava')),
    hint: 'ava_…Ab12',
    ownerId: null,
    expiresAt: null,
    ...changes,
  }
}

export async function addPeer(
  peers: PeerStore,
  name: string,
  changes: Partial<PeerDraft> = {},
): Promise<Peer> {
  const result = await peers.create(peerDraft(name, changes), OPERATOR)
  if (result.kind !== 'created') throw new Error(`the peer is not created: ${result.kind}`)
  return result.peer
}

/** The audit log, oldest first. */
export async function readAudit(engine: Engine): Promise<AuditRow[]> {
  const rows = await createAuditLog(engine, createTestClock()).list({ limit: 100, before: null })
  return rows.reverse()
}

/** Every row of every table as text: whatever is in the database can be found in it. */
export async function dumpTables(engine: Engine): Promise<string> {
  const tables = await engine.db.introspection.getTables()
  const dumps = await Promise.all(
    tables.map(async ({ name }) => (await sql`select * from ${sql.table(name)}`.execute(engine.db)).rows),
  )
  return JSON.stringify(dumps)
}

/** Every text of every table that has the form of a sealed secret, with where it is. */
export async function findSealed(engine: Engine, box: SecretBox): Promise<Set<string>> {
  const found = new Set<string>()
  for (const { name } of await engine.db.introspection.getTables()) {
    const { rows } = await sql<Record<string, unknown>>`select * from ${sql.table(name)}`.execute(engine.db)
    for (const row of rows) {
      for (const [column, value] of Object.entries(row)) {
        if (typeof value === 'string' && box.kidOf(value) !== undefined) found.add(`${name}.${column}`)
      }
    }
  }
  return found
}
