/**
 * The federated records in memory, taken apart as peers with a policy see them. Their statistics must count what one
 * peer sees and nothing else, and no index in the database knows that; counting from its lists, with a look at each
 * record, took 0.3 to 1 s where this takes milliseconds (ADR 16).
 *
 * It is made when a peer with a policy first searches, follows the feed of changes from then on, and is held once for
 * each set of searched members that policies show.
 */
import { setImmediate } from 'node:timers/promises'
import { LRUCache } from 'lru-cache'
import type { ChangesFeed } from '../domain/federation-ports.ts'
import type { AsShared } from '../domain/ports.ts'
import { FEDERATED_SCOPE } from '../domain/principal.ts'
import {
  admitsFolded,
  foldFacts,
  isSearchedWhole,
  type SharePolicy,
  type ShareRule,
  searchedFieldsOf,
  withhold,
} from '../domain/share-policy.ts'
import { scoreTerms } from '../search/score.ts'
import { createTokenizer } from '../search/tokenize.ts'
import { createChangesFeed } from './agent-changes.ts'
import { agentFromRow } from './agent-rows.ts'
import { decodeTerms } from './agent-terms.ts'
import { FEDERATED_AUDIENCE } from './audiences.ts'
import type { Engine } from './engine.ts'
import { searchedText } from './seen-record.ts'
import { SharedArena } from './shared-arena.ts'

export type SharedView = {
  readonly arena: SharedArena
  /** The slots of the records that the policy lets out. */
  readonly slots: Int32Array
  /** How many records each of these stands for; 1 when they are all there. */
  readonly weight: number
  /** The last change that is in them. */
  readonly revision: number
}

export interface SharedRecords {
  /** As they are now. It holds until the next turn of the event loop that takes in changes, or longer. */
  view(share: ShareRule): Promise<SharedView>
}

/** Of more federated records an even part is held, which bounds the memory. */
const MOST_RECORDS = 100_000
/** Sets of searched members, each with all records. */
const MOST_SETS = 4
const REMEMBERED_POLICIES = 50
const CHUNK = 200

export function createSharedRecords(engine: Engine, asShared: AsShared): SharedRecords {
  const feed = createChangesFeed(engine)
  const sets = new LRUCache<string, FollowedRecords>({ max: MOST_SETS })
  const views = new LRUCache<string, SharedView>({ max: REMEMBERED_POLICIES })

  return {
    async view(share) {
      const { policy } = share
      const set = searchedFieldsOf(policy).join()
      const followed = sets.get(set) ?? new FollowedRecords({ engine, feed, asShared, share })
      sets.set(set, followed)
      const revision = await followed.follow()
      // Peers with equal policies see the same.
      const key = JSON.stringify([policy.include, policy.exclude, set])
      const known = views.get(key)
      const { arena, weight } = followed
      if (known?.revision === revision && known.arena === arena) return known
      const view = { arena, slots: admittedSlots(arena, policy), weight, revision }
      views.set(key, view)
      return view
    },
  }
}

function admittedSlots({ records }: SharedArena, policy: SharePolicy): Int32Array {
  const admits = admitsFolded(policy)
  const slots: number[] = []
  for (const [slot, record] of records.entries()) {
    if (record !== undefined && admits(record.facts)) slots.push(slot)
  }
  return Int32Array.from(slots)
}

type FollowedDeps = {
  readonly engine: Engine
  readonly feed: ChangesFeed
  readonly asShared: AsShared
  /** Any of those that show the same searched members. */
  readonly share: ShareRule
}

class FollowedRecords {
  readonly #deps: FollowedDeps
  readonly #tokenize = createTokenizer()
  #position: number | null = null
  #following: Promise<number> | undefined
  arena: SharedArena = new SharedArena()
  weight = 1

  constructor(deps: FollowedDeps) {
    this.#deps = deps
  }

  /** Takes in what has changed; whoever comes meanwhile waits along. */
  follow(): Promise<number> {
    this.#following ??= this.#catchUp().finally(() => {
      this.#following = undefined
    })
    return this.#following
  }

  async #catchUp(): Promise<number> {
    let position = this.#position ?? (await this.#load())
    for (let isMore = true; isMore; ) {
      const changes = await this.#deps.feed.listChanges(FEDERATED_SCOPE, { since: position, limit: CHUNK })
      if (changes.kind === 'horizon') {
        position = await this.#load()
        continue
      }
      const upserts = changes.changes.filter(({ op }) => op === 'upsert').map(({ id }) => id as string)
      for (const { id } of changes.changes) this.arena.delete(id)
      if (upserts.length > 0) await this.#read({ ids: upserts })
      position = changes.next
      isMore = changes.isMore
      this.#position = position
    }
    if (this.arena.isLoose) this.arena = this.arena.tightened()
    return position
  }

  /** All of them, anew. What changes while they are read is taken in behind it. */
  async #load(): Promise<number> {
    const { db } = this.#deps.engine
    const counter = db.selectFrom('counters').select('value').where('name', '=', 'agent_changes')
    const { value: position } = await counter.executeTakeFirstOrThrow()
    const all = db.selectFrom('audiences').select('documents').where('id', '=', FEDERATED_AUDIENCE)
    const { documents } = await all.executeTakeFirstOrThrow()
    this.weight = Math.max(1, Math.ceil(documents / MOST_RECORDS))
    this.arena = new SharedArena()
    for (let last: number | undefined = 0; last !== undefined; ) last = await this.#read({ after: last })
    this.#position = position
    return position
  }

  /** @returns the last ordinal; `undefined` at the end. */
  async #read(
    which: { readonly after: number } | { readonly ids: readonly string[] },
  ): Promise<number | undefined> {
    const { engine } = this.#deps
    const some = engine.db
      .selectFrom('agents')
      .innerJoin('agent_terms', 'agent_terms.agent_ordinal', 'agents.ordinal')
      .selectAll('agents')
      .select('agent_terms.terms')
      .where('agents.audience_id', '=', FEDERATED_AUDIENCE)
    const rows = await ('ids' in which
      ? some.where(engine.isOneOf('agents.id', which.ids, 'uuid'))
      : some.where('agents.ordinal', '>', which.after).orderBy('agents.ordinal').limit(CHUNK)
    ).execute()
    for (const row of rows) {
      if (row.ordinal % this.weight === 0) this.#takeIn(row)
    }
    // Taking them apart takes some ten milliseconds; others are served in between.
    await setImmediate()
    return rows.length < CHUNK ? undefined : rows.at(-1)?.ordinal
  }

  #takeIn(row: Parameters<typeof agentFromRow>[0] & { readonly terms: string }): void {
    const { asShared, share } = this.#deps
    const agent = asShared(agentFromRow(row))
    const terms = isSearchedWhole(share.policy)
      ? decodeTerms(row.terms)
      : scoreTerms(searchedText(withhold(agent, share.policy)), this.#tokenize)
    const { id, ordinal, did } = row
    this.arena.put({ id, ordinal, did, status: agent.status, facts: foldFacts(agent) }, terms)
  }
}
