/** The index checked against the records it was made from, counted anew. */

import { foldCase } from '../../src/domain/fold-case.ts'
import { type ScorableRecord, scoreTerms } from '../../src/search/score.ts'
import { agentFromRow } from '../../src/storage/agent-rows.ts'
import { decodeTerms } from '../../src/storage/agent-terms.ts'
import { audienceOf } from '../../src/storage/audiences.ts'
import type { Engine } from '../../src/storage/engine.ts'
import { termKey } from '../../src/storage/term-keys.ts'

/** Every difference between what the index tables hold and what they should; none when the index is true. */
export async function findIndexFaults(engine: Engine): Promise<string[]> {
  const [expected, stored] = await Promise.all([recount(engine), readIndex(engine)])
  const faults: string[] = []
  for (const table of Object.keys(expected) as (keyof Counts)[]) {
    for (const row of expected[table].difference(stored[table])) faults.push(`${table} lacks ${row}`)
    for (const row of stored[table].difference(expected[table])) faults.push(`${table} has ${row}`)
  }
  return faults
}

type Counts = Readonly<
  Record<'audiences' | 'documents' | 'frequencies' | 'forms' | 'postings' | 'terms' | 'tags', Set<string>>
>

async function recount(engine: Engine): Promise<Counts> {
  const rows = await engine.db
    .selectFrom('agents')
    .innerJoin('audiences', 'audiences.id', 'agents.audience_id')
    .selectAll('agents')
    .select('audiences.name as audience')
    .execute()
  const counts: Counts = emptyCounts()
  const documents = new Map<string, number>()
  const frequencies = new Map<string, number>()
  const forms = new Map<string, number>()
  for (const row of rows) {
    const agent = agentFromRow(row)
    const audience = audienceOf(agent)
    counts.audiences.add(`${row.ordinal} ${audience}`)
    addOne(documents, audience)
    for (const tag of agent.tags) counts.tags.add(`${row.ordinal} ${foldCase(tag)}`)
    for (const { stem, impact, forms: words } of scoreTerms(scorable(agent))) {
      addOne(frequencies, `${audience} ${termKey(stem)}`)
      for (const word of words) addOne(forms, `${audience} ${termKey(word)} of ${termKey(stem)}`)
      counts.postings.add(`${row.ordinal} ${audience} ${termKey(stem)} ${impact}`)
      counts.terms.add(`${row.ordinal} ${stem} ${impact} ${words.join(' ')}`)
    }
  }
  for (const [key, count] of documents) counts.documents.add(`${key}: ${count}`)
  for (const [key, count] of frequencies) counts.frequencies.add(`${key}: ${count}`)
  for (const [key, count] of forms) counts.forms.add(`${key}: ${count}`)
  return counts
}

export function scorable(
  agent: Omit<ScorableRecord, 'providerOrganization'> & {
    readonly provider: { readonly organization: string } | null
  },
): ScorableRecord {
  return { ...agent, providerOrganization: agent.provider?.organization ?? null }
}

async function readIndex(engine: Engine): Promise<Counts> {
  const { db } = engine
  const counts: Counts = emptyCounts()
  const rows = await db
    .selectFrom('agents')
    .innerJoin('audiences', 'audiences.id', 'agents.audience_id')
    .select(['ordinal', 'audiences.name'])
    .execute()
  for (const { ordinal, name } of rows) counts.audiences.add(`${ordinal} ${name}`)
  for (const { name, documents } of await db.selectFrom('audiences').selectAll().execute()) {
    if (documents !== 0) counts.documents.add(`${name}: ${documents}`)
  }
  const frequencies = db.selectFrom('term_frequencies as counted').where('counted.documents', '<>', 0)
  for (const row of await frequencies
    .innerJoin('terms', 'terms.id', 'counted.term_id')
    .innerJoin('audiences', 'audiences.id', 'counted.audience_id')
    .select(['stem', 'name', 'counted.documents as count'])
    .execute()) {
    counts.frequencies.add(`${row.name} ${row.stem}: ${row.count}`)
  }
  const forms = db.selectFrom('forms as counted').where('counted.documents', '<>', 0)
  for (const row of await forms
    .innerJoin('terms', 'terms.id', 'counted.term_id')
    .innerJoin('audiences', 'audiences.id', 'counted.audience_id')
    .select(['form', 'stem', 'name', 'counted.documents as count'])
    .execute()) {
    counts.forms.add(`${row.name} ${row.form} of ${row.stem}: ${row.count}`)
  }
  for (const row of await db
    .selectFrom('postings')
    .innerJoin('terms', 'terms.id', 'postings.term_id')
    .innerJoin('audiences', 'audiences.id', 'postings.audience_id')
    .select(['agent_ordinal', 'name', 'stem', 'impact'])
    .execute()) {
    counts.postings.add(`${row.agent_ordinal} ${row.name} ${row.stem} ${row.impact}`)
  }
  for (const { agent_ordinal, terms } of await db.selectFrom('agent_terms').selectAll().execute()) {
    for (const { stem, impact, forms: words } of decodeTerms(terms)) {
      counts.terms.add(`${agent_ordinal} ${stem} ${impact} ${words.join(' ')}`)
    }
  }
  for (const { agent_ordinal, tag } of await db.selectFrom('agent_tags').selectAll().execute()) {
    counts.tags.add(`${agent_ordinal} ${tag}`)
  }
  return counts
}

function emptyCounts(): Counts {
  return {
    audiences: new Set(),
    documents: new Set(),
    frequencies: new Set(),
    forms: new Set(),
    postings: new Set(),
    terms: new Set(),
    tags: new Set(),
  }
}

function addOne(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
