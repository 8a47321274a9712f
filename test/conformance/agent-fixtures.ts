/** Records, owners and scopes that the suites of records and of search share. */
import { createHash } from 'node:crypto'
import type { AgentCard, AgentFields, AgentId, Did, OwnAgent, OwnerId } from '../../src/domain/agent.ts'
import type { BlockStore, ModerationStore } from '../../src/domain/moderation.ts'
import type {
  AgentDraft,
  AgentIndex,
  AgentStore,
  AsShared,
  ImportDraft,
  ImportedLine,
} from '../../src/domain/ports.ts'
import type { Scope } from '../../src/domain/principal.ts'
import { createAgentIndex } from '../../src/storage/agent-search.ts'
import { createAgentWriter } from '../../src/storage/agent-writer.ts'
import { createAgentStore } from '../../src/storage/agents.ts'
import { createBlockStore } from '../../src/storage/blocks.ts'
import type { Engine } from '../../src/storage/engine.ts'
import { createModerationStore } from '../../src/storage/moderation.ts'
import type { ManualClock } from '../support/clocks.ts'
import { createTestClock, OPERATOR } from './store-fixtures.ts'

export const ANN: OwnerId = '0199d2f0-0000-7000-8000-0000000000a1' as OwnerId
export const BOB: OwnerId = '0199d2f0-0000-7000-8000-0000000000b2' as OwnerId

/** What the askers of the contract see: anonymous, peer, a key without and with records of its own, admin. */
export const SCOPES: Readonly<Record<string, Scope>> = {
  public: { widest: 'public', ownerId: null },
  federated: { widest: 'federated', ownerId: null },
  local: { widest: 'local', ownerId: null },
  own: { widest: 'local', ownerId: ANN },
  all: { widest: 'all', ownerId: null },
}
export const EVERYTHING: Scope = { widest: 'all', ownerId: null }

export const PUBLIC_URL = 'https://registry.example'

export const didOf = (id: AgentId): Did => `did:web:registry.example:agents:${id}` as Did

export type AgentsUnderTest = {
  readonly engine: Engine
  readonly agents: AgentStore
  readonly index: AgentIndex
  readonly blocks: BlockStore
  readonly moderation: ModerationStore
  readonly clock: ManualClock
}

/** @param asShared leaves records as they are if not given. */
export function agentsOf(engine: Engine, asShared: AsShared = (agent) => agent): AgentsUnderTest {
  const clock = createTestClock()
  const writer = createAgentWriter(engine, asShared)
  return {
    engine,
    clock,
    agents: createAgentStore(engine, { clock, didOf, asShared, writer, publicUrl: PUBLIC_URL }),
    moderation: createModerationStore(engine, { clock, writer }),
    blocks: createBlockStore(engine, { clock, writer, publicUrl: PUBLIC_URL }),
    index: createAgentIndex(engine, asShared),
  }
}

export function agentFields(name: string, changes: Partial<AgentFields> = {}): AgentFields {
  return {
    claimedDid: null,
    name,
    description: `Describes ${name}.`,
    agentType: 'a2a',
    version: null,
    status: 'active',
    statusMessage: null,
    successorDid: null,
    visibility: 'public',
    tags: [],
    skills: [],
    endpoints: [{ url: `https://${encodeURIComponent(name)}.example/a2a`, protocol: 'a2a', binding: null }],
    provider: null,
    authSchemes: [],
    shareCard: false,
    ...changes,
  }
}

export function agentDraft(
  name: string,
  changes: Partial<AgentFields> = {},
  card: AgentCard | null = null,
): AgentDraft {
  return { fields: agentFields(name, changes), explicitFields: ['name'], card }
}

export function importDraft(
  name: string,
  changes: Partial<AgentFields> = {},
  { id = null, card = null }: { readonly id?: AgentId | null; readonly card?: AgentCard | null } = {},
): ImportDraft {
  return { ...agentDraft(name, changes, card), id }
}

export function agentCard(text: string): AgentCard {
  const bytes = new TextEncoder().encode(text)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  return { format: 'a2a', mediaType: 'application/json', sha256, bytes }
}

export async function createOne(
  agents: AgentStore,
  draft: AgentDraft,
  owner: OwnerId = ANN,
): Promise<OwnAgent> {
  const result = await agents.create(draft, owner, { actor: OPERATOR, idempotency: null })
  if (result.kind !== 'created') throw new Error(`the record is ${result.kind}`)
  return result.agent
}

export async function importLines(
  agents: AgentStore,
  drafts: readonly ImportDraft[],
  { owner = ANN, isDryRun = false }: { readonly owner?: OwnerId; readonly isDryRun?: boolean } = {},
): Promise<ImportedLine[]> {
  return agents.importBatch(drafts, owner, { actor: OPERATOR, isDryRun })
}

/** The record's content under another draft, as `replace` takes it. */
export async function replaceOne(
  agents: AgentStore,
  agent: OwnAgent,
  changes: Partial<AgentFields>,
): Promise<OwnAgent> {
  const draft = {
    fields: { ...fieldsOf(agent), ...changes },
    explicitFields: agent.explicitFields,
    card: 'keep',
  }
  const result = await agents.replace(agent.id, draft as never, {
    expectedRevision: agent.revision,
    actor: OPERATOR,
  })
  if (result.kind !== 'replaced') throw new Error(`the record is ${result.kind}`)
  return result.agent
}

export async function deleteOne(agents: AgentStore, id: AgentId): Promise<void> {
  await agents.delete(id, { reason: null, expectedRevision: null, actor: OPERATOR })
}

function fieldsOf(agent: OwnAgent): AgentFields {
  const names = Object.keys(agentFields('')) as (keyof AgentFields)[]
  return Object.fromEntries(names.map((name) => [name, agent[name]])) as AgentFields
}
