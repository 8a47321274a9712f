/**
 * Keeping the index true: what a change of records adds to and takes from terms, words, frequencies and postings.
 * The caller holds the registry's write lock, so counts are changed by one transaction at a time.
 */
import type { Transaction } from 'kysely'
import { LRUCache } from 'lru-cache'
import type { TermImpact } from '../search/score.ts'
import { decodeTerms, encodeTerms } from './agent-terms.ts'
import type { Engine } from './engine.ts'
import type { Tables } from './tables.ts'
import { termKey } from './term-keys.ts'

/** A record's terms within one audience. */
export type IndexedTerms = {
  readonly ordinal: number
  readonly audienceId: number
  readonly terms: readonly TermImpact[]
}

export type IndexChange = {
  readonly removed: readonly IndexedTerms[]
  readonly added: readonly IndexedTerms[]
}

export interface TermIndex {
  apply(trx: Transaction<Tables>, change: IndexChange): Promise<void>
  /** The terms under which records stand in the index now. */
  readTerms(trx: Transaction<Tables>, ordinals: readonly number[]): Promise<Map<number, TermImpact[]>>
}

/** Ids of stems never change or go, so they may be remembered: the vocabulary of some 10,000 records, ~3 MB. */
const REMEMBERED_TERMS = 30_000
/** Parameters of one `in (…)`: well below both engines' limits. */
const CHUNK = 1_000

export function createTermIndex(engine: Engine): TermIndex {
  const knownIds = new LRUCache<string, number>({ maxSize: REMEMBERED_TERMS, sizeCalculation: () => 1 })
  return {
    async apply(trx, { removed, added }) {
      if (removed.length === 0 && added.length === 0) return
      const ids = await resolveTerms(trx, [...removed, ...added])
      await writePostings(engine, trx, { removed, added, ids })
      await writeCounts(engine, trx, { removed, added, ids })
      await writeTerms(engine, trx, added)
    },
    async readTerms(trx, ordinals) {
      const found = new Map<number, TermImpact[]>()
      for (const chunk of chunks(ordinals)) {
        const rows = await trx
          .selectFrom('agent_terms')
          .selectAll()
          .where(engine.isOneOf('agent_ordinal', chunk, 'bigint'))
          .execute()
        for (const row of rows) found.set(row.agent_ordinal, decodeTerms(row.terms))
      }
      return found
    },
  }

  async function resolveTerms(
    trx: Transaction<Tables>,
    records: readonly IndexedTerms[],
  ): Promise<ReadonlyMap<string, number>> {
    const ids = new Map<string, number>()
    const unknown = new Set<string>()
    for (const { terms } of records) {
      for (const { stem } of terms) {
        const key = termKey(stem)
        const known = knownIds.get(key)
        if (known === undefined) unknown.add(key)
        else ids.set(key, known)
      }
    }
    await readIds(trx, unknown, ids, true)
    const missing = [...unknown].filter((key) => !ids.has(key))
    await engine.bulkInsert(
      trx,
      { table: 'terms', columns: [{ name: 'stem', type: 'text' }] },
      missing.map((key) => [key]),
    )
    // Ids of stems added here are not remembered: the transaction may yet be undone.
    await readIds(trx, new Set(missing), ids, false)
    return ids
  }

  async function readIds(
    trx: Transaction<Tables>,
    keys: ReadonlySet<string>,
    into: Map<string, number>,
    areCommitted: boolean,
  ): Promise<void> {
    for (const chunk of chunks([...keys])) {
      const rows = await trx
        .selectFrom('terms')
        .select(['id', 'stem'])
        .where(engine.isOneOf('stem', chunk, 'text'))
        .execute()
      for (const { id, stem } of rows) {
        into.set(stem, id)
        if (areCommitted) knownIds.set(stem, id)
      }
    }
  }
}

/** Term, audience, impact, record. */
type Posting = [number, number, number, number]

type ResolvedChange = IndexChange & { readonly ids: ReadonlyMap<string, number> }

async function writePostings(
  engine: Engine,
  trx: Transaction<Tables>,
  change: ResolvedChange,
): Promise<void> {
  const target = {
    table: 'postings' as const,
    columns: [
      { name: 'term_id', type: 'bigint' as const },
      { name: 'audience_id', type: 'integer' as const },
      { name: 'impact', type: 'double' as const },
      { name: 'agent_ordinal', type: 'bigint' as const },
    ],
  }
  // In the order in which they lie: each page of the index is then written once.
  const rows = (records: readonly IndexedTerms[]): Posting[] =>
    records
      .flatMap(({ ordinal, audienceId, terms }) =>
        terms.map(({ stem, impact }): Posting => [idOf(change.ids, stem), audienceId, impact, ordinal]),
      )
      .sort((a, b) => a[0] - b[0] || a[1] - b[1] || b[2] - a[2] || a[3] - b[3])
  await engine.bulkDelete(trx, target, rows(change.removed))
  await engine.bulkInsert(trx, target, rows(change.added))
}

/** What changes in the counts of one audience. */
type CountChange = {
  documents: number
  readonly byTerm: Map<number, number>
  readonly byForm: Map<string, { readonly termId: number; documents: number }>
}

function countChanges({ ids, removed, added }: ResolvedChange): ReadonlyMap<number, CountChange> {
  const changes = new Map<number, CountChange>()
  const count = (records: readonly IndexedTerms[], step: 1 | -1): void => {
    for (const { audienceId, terms } of records) {
      const change = changes.get(audienceId) ?? { documents: 0, byTerm: new Map(), byForm: new Map() }
      changes.set(audienceId, change)
      change.documents += step
      for (const { stem, forms } of terms) {
        const termId = idOf(ids, stem)
        change.byTerm.set(termId, (change.byTerm.get(termId) ?? 0) + step)
        for (const form of forms) {
          const key = termKey(form)
          const known = change.byForm.get(key)
          if (known === undefined) change.byForm.set(key, { termId, documents: step })
          else known.documents += step
        }
      }
    }
  }
  count(removed, -1)
  count(added, 1)
  return changes
}

async function writeCounts(engine: Engine, trx: Transaction<Tables>, change: ResolvedChange): Promise<void> {
  const changes = countChanges(change)
  const byTerm: [number, number, number][] = []
  const byForm: [string, number, number, number][] = []
  for (const [audienceId, counts] of changes) {
    for (const [termId, documents] of counts.byTerm) {
      if (documents !== 0) byTerm.push([termId, audienceId, documents])
    }
    for (const [form, { termId, documents }] of counts.byForm) {
      if (documents !== 0) byForm.push([form, audienceId, termId, documents])
    }
  }
  await engine.bulkInsert(
    trx,
    {
      table: 'term_frequencies',
      columns: [
        { name: 'term_id', type: 'bigint' },
        { name: 'audience_id', type: 'integer' },
        { name: 'documents', type: 'bigint' },
      ],
      onConflict:
        'on conflict (term_id, audience_id) do update set documents = term_frequencies.documents + excluded.documents',
    },
    byTerm,
  )
  await engine.bulkInsert(
    trx,
    {
      table: 'forms',
      columns: [
        { name: 'form', type: 'text' },
        { name: 'audience_id', type: 'integer' },
        { name: 'term_id', type: 'bigint' },
        { name: 'documents', type: 'bigint' },
      ],
      onConflict:
        'on conflict (form, audience_id) do update set documents = forms.documents + excluded.documents',
    },
    byForm,
  )
  for (const [audienceId, { documents }] of changes) {
    if (documents === 0) continue
    await trx
      .updateTable('audiences')
      .set((eb) => ({ documents: eb('documents', '+', documents) }))
      .where('id', '=', audienceId)
      .execute()
  }
}

async function writeTerms(
  engine: Engine,
  trx: Transaction<Tables>,
  added: readonly IndexedTerms[],
): Promise<void> {
  await engine.bulkInsert(
    trx,
    {
      table: 'agent_terms',
      columns: [
        { name: 'agent_ordinal', type: 'bigint' },
        { name: 'terms', type: 'text' },
      ],
      onConflict: 'on conflict (agent_ordinal) do update set terms = excluded.terms',
    },
    added.map(({ ordinal, terms }) => [ordinal, encodeTerms(terms)]),
  )
}

function idOf(ids: ReadonlyMap<string, number>, stem: string): number {
  const id = ids.get(termKey(stem))
  if (id === undefined) throw new Error('a term of the change has no id')
  return id
}

function* chunks<T>(list: readonly T[]): Generator<T[]> {
  for (let start = 0; start < list.length; start += CHUNK) yield list.slice(start, start + CHUNK)
}
