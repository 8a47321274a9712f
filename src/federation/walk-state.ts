/**
 * Where a walk over a merged answer stands: what its pages have shown, what they were scored with, and where each
 * registry's records go on. A small one travels in the cursor itself, sealed; a larger one is kept in the database,
 * and the cursor names it. Either way any replica can go on with it, for ten minutes.
 */
import { hash } from 'node:crypto'
import type { Agent } from '../domain/agent.ts'
import { createAttachment } from '../domain/attachment.ts'
import type { DiscoveryQuery } from '../domain/discovery.ts'
import type { SnapshotStore } from '../domain/federation-ports.ts'
import type { Clock } from '../domain/ports.ts'
import { type Scope, scopeKey } from '../domain/principal.ts'
import { ProblemError } from '../problem.ts'
import type { Statistics } from '../search/score.ts'
import type { CursorSealer } from '../security/cursor-seal.ts'
import type { Candidate } from './identity.ts'
import { compare } from './identity.ts'

export type WalkState = {
  /** `null` without search. */
  readonly statistics: Statistics | null
  readonly shown: ShownResults
  /** By peer id, and `''` for our own records. Who is not listed goes on from the start. */
  readonly positions: ReadonlyMap<string, WalkPosition>
}

/** Pages from `cursor` on hold records that were not shown; `null` is a registry's first. */
export type WalkPosition =
  | { readonly kind: 'at'; readonly cursor: string | null; readonly pages: number }
  | { readonly kind: 'end' }

export const OWN_RECORDS = ''
export const START: WalkPosition = { kind: 'at', cursor: null, pages: 1 }

export interface WalkStates {
  save(state: WalkState, question: WalkQuestion): Promise<string>
  /** @throws ProblemError `invalid-cursor`, or `cursor-expired` after ten minutes. */
  open(cursor: string, question: WalkQuestion): Promise<WalkState>
}

/** What a cursor holds for: the question and what its asker may see; how much is shown of it may change. */
export type WalkQuestion = {
  readonly query: Pick<DiscoveryQuery, 'search' | 'filter' | 'includeLocal' | 'peers'>
  readonly scope: Scope
}

const LIFETIME_MS = 600_000
/** Changes with the form of what is sealed. */
const FORM = 2
/** What fits into an address together with the rest of a query. */
const MAX_CURSOR_CHARS = 3_000

export function createWalkStates({
  cursors,
  snapshots,
  clock,
}: {
  readonly cursors: CursorSealer
  readonly snapshots: Pick<SnapshotStore, 'put' | 'find'>
  readonly clock: Clock
}): WalkStates {
  return {
    async save(state, question) {
      const expiresAt = clock.now() + LIFETIME_MS
      const binding = bindingOf(question)
      const head = { w: FORM, b: binding, e: expiresAt }
      const written = stateToJson(state)
      const cursor = cursors.seal({ ...head, s: written })
      if (cursor.length <= MAX_CURSOR_CHARS) return cursor
      const id = idOf(written, binding)
      await snapshots.put({ id, state: written, expiresAt })
      return cursors.seal({ ...head, r: id })
    },
    async open(cursor, question) {
      // What opens was sealed here, so its members are what `save` wrote.
      const payload = cursors.open(cursor) as SealedWalk | undefined
      if (payload === undefined || payload.b !== bindingOf(question)) throw notOurs()
      // Another release wrote it in a form that this one does not read.
      if (payload.w !== FORM || payload.e <= clock.now()) throw expired()
      if (payload.s !== undefined) return stateFromJson(payload.s)
      const kept = payload.r === undefined ? undefined : await snapshots.find(payload.r)
      if (kept === undefined) throw expired()
      return stateFromJson(kept.state as WrittenState)
    },
  }
}

type SealedWalk = {
  readonly w: number
  readonly b: string
  readonly e: number
  readonly s?: WrittenState
  readonly r?: string
}

type WrittenState = {
  /** Documents and frequencies. A list: objects with other names for each search cost V8 a shape for each. */
  readonly f: readonly [number, readonly (readonly [string, number])[]] | null
  readonly h: string
  readonly p: Readonly<Record<string, readonly [string | null, number] | 0>>
}

function stateToJson({ statistics, shown, positions }: WalkState): WrittenState {
  const entries = [...positions].map(
    ([id, position]) =>
      [id, position.kind === 'end' ? 0 : ([position.cursor, position.pages] as const)] as const,
  )
  return {
    f: statistics && [statistics.documents, [...statistics.documentFrequency]],
    h: shown.toText(),
    p: Object.fromEntries(entries),
  }
}

function stateFromJson({ f, h, p }: WrittenState): WalkState {
  const positions = Object.entries(p).map(([id, position]): [string, WalkPosition] => {
    if (position === 0) return [id, { kind: 'end' }]
    const [cursor, pages] = position
    return [id, { kind: 'at', cursor, pages }]
  })
  return {
    statistics: f && { documents: f[0], documentFrequency: new Map(f[1]) },
    shown: ShownResults.fromText(h),
    positions: new Map(positions),
  }
}

function bindingOf({ query, scope }: WalkQuestion): string {
  const { search, filter, includeLocal, peers } = query
  const { agentType, tags, status, provider } = filter
  const question = [
    search,
    agentType,
    tags,
    status,
    provider,
    includeLocal,
    [...peers].sort(compare),
    scopeKey(scope),
  ]
  return hash('sha256', JSON.stringify(question), 'base64url').slice(0, 22)
}

/** The same for the same, so that a page asked for again and again leaves one row (a UUID of RFC 9562, version 8). */
function idOf(state: WrittenState, binding: string): string {
  const digits = hash('sha256', `${binding} ${JSON.stringify(state)}`)
  const parts = [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `8${digits.slice(12, 15)}`,
    `8${digits.slice(15, 18)}`,
  ]
  return [...parts, digits.slice(18, 30)].join('-')
}

function notOurs(): ProblemError {
  return new ProblemError(
    'invalid-cursor',
    'This cursor was not made here for this search with this key: send `next_cursor` unchanged, with the same parameters, or begin again without it.',
  )
}

function expired(): ProblemError {
  return new ProblemError(
    'cursor-expired',
    'This cursor is too old to go on with (they hold for ten minutes): search anew, without a cursor.',
  )
}

/**
 * Results that were shown, as fingerprints: of their records; of the names they are known by (so that a copy that
 * another registry sends later is not taken for a new agent); and of these names in each registry that has its copy
 * among them already (so that its further records of that name are).
 */
export class ShownResults {
  /** One after the other: few bytes for those that are kept, and written as they stand. */
  readonly #text: string
  #fingerprints: ReadonlySet<string> | null = null

  constructor(fingerprints: Iterable<string> = []) {
    this.#text = [...new Set(fingerprints)].join('')
  }

  static fromText(text: string): ShownResults {
    return new ShownResults(split(text))
  }

  toText(): string {
    return this.#text
  }

  /** A new one with these results, too. */
  with(results: readonly ShownResult[]): ShownResults {
    return new ShownResults([...split(this.#text), ...results.flatMap(printsOf)])
  }

  /** Whether the record, or a result it is a copy of, was shown. */
  has(candidate: Candidate, keys: readonly string[]): boolean {
    this.#fingerprints ??= new Set(split(this.#text))
    const fingerprints = this.#fingerprints
    if (fingerprints.has(recordPrint(candidate))) return true
    return keys.some(
      (key) =>
        fingerprints.has(fingerprint(`key ${key}`)) && !fingerprints.has(inRegistryPrint(key, candidate)),
    )
  }
}

function split(fingerprints: string): readonly string[] {
  return fingerprints.match(new RegExp(`.{${FINGERPRINT_CHARS}}`, 'g')) ?? []
}

/** Its records, and the names it is known by. */
type ShownResult = { readonly members: readonly Candidate[]; readonly keys: readonly string[] }

type Prints = {
  readonly peerId: string | undefined
  readonly keys: readonly string[]
  readonly prints: string[]
}

/** Of results of one record, which most are; popular ones are shown again and again. */
const remembered = createAttachment<Agent, Prints>()

function printsOf({ members, keys }: ShownResult): string[] {
  const [only, ...others] = members
  if (only === undefined || others.length > 0) return makePrints({ members, keys })
  const { agent, peer } = only
  const known = remembered.get(agent)
  if (known !== undefined && known.peerId === peer?.id && known.keys === keys) return known.prints
  const prints = makePrints({ members, keys })
  remembered.set(agent, { peerId: peer?.id, keys, prints })
  return prints
}

function makePrints({ members, keys }: ShownResult): string[] {
  return [
    ...members.map(recordPrint),
    ...keys.map((key) => fingerprint(`key ${key}`)),
    ...keys.flatMap((key) => members.map((member) => inRegistryPrint(key, member))),
  ]
}

const FINGERPRINT_CHARS = 8 // 48 bits: among a thousand results, two fall together once in 10^8 walks

function fingerprint(text: string): string {
  return hash('sha256', text, 'base64url').slice(0, FINGERPRINT_CHARS)
}

function recordPrint({ agent, peer }: Candidate): string {
  return fingerprint(`record ${peer?.id ?? OWN_RECORDS} ${agent.id}`)
}

function inRegistryPrint(key: string, { peer }: Candidate): string {
  return fingerprint(`${peer?.id ?? OWN_RECORDS} has ${key}`)
}
