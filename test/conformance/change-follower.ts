/** Following our records' changes as another registry does, with everything the feed promises checked on the way. */
import assert from 'node:assert/strict'
import { NO_FILTER } from '../../src/domain/discovery.ts'
import type { AgentChange, AgentChanges } from '../../src/domain/federation-ports.ts'
import type { AgentStore } from '../../src/domain/ports.ts'
import type { Scope } from '../../src/domain/principal.ts'

export const PUBLIC: Scope = { widest: 'public', ownerId: null }
export const FEDERATED: Scope = { widest: 'federated', ownerId: null }

/** One answer, which must not be the horizon. */
export async function ask(
  agents: AgentStore,
  scope: Scope,
  since: number,
  limit = 1000,
): Promise<Extract<AgentChanges, { kind: 'changes' }>> {
  const answer = await agents.listChanges(scope, { since, limit })
  assert.ok(answer.kind === 'changes')
  return answer
}

/** Someone who keeps copies by following the changes. */
export class Follower {
  /** Revisions by id. */
  readonly copies: Map<string, number> = new Map()
  readonly seen: AgentChange[] = []
  position: number = 0
  readonly #agents: AgentStore
  readonly #scope: Scope

  constructor(agents: AgentStore, scope: Scope) {
    this.#agents = agents
    this.#scope = scope
  }

  /** Asks once; true when there is more. */
  async step(limit: number): Promise<boolean> {
    const { changes, next, isMore } = await ask(this.#agents, this.#scope, this.position, limit)
    assert.ok(changes.length <= limit)
    for (const change of changes) {
      assert.ok(change.seq > (this.seen.at(-1)?.seq ?? 0) && change.seq > this.position && change.seq <= next)
      this.seen.push(change)
      if (change.op === 'upsert') this.copies.set(change.id, change.seq)
      else this.copies.delete(change.id)
    }
    assert.equal(new Set(changes.map(({ id }) => id)).size, changes.length)
    assert.ok(next > this.position || !isMore)
    this.position = next
    return isMore
  }

  async catchUp(limit: number = 1000): Promise<void> {
    while (await this.step(limit));
  }
}

/** What a scope sees now: revisions by id. */
export async function revisionsSeen(agents: AgentStore, scope: Scope): Promise<Map<string, number>> {
  const records = await agents.list(NO_FILTER, scope, { after: null, limit: 1000 })
  return new Map(records.map(({ id, revision }) => [id as string, revision]))
}
