import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AGENT_LIMITS } from '../../domain/agent.ts'
import harbor from './harbor.json' with { type: 'json' }
import lumen from './lumen.json' with { type: 'json' }
import meridian from './meridian.json' with { type: 'json' }

/** A record as the publishing API takes it: only the fields the demo uses. */
type CatalogueRecord = {
  readonly name: string
  readonly description: string
  readonly agent_type: string
  readonly visibility: string
  readonly tags: readonly string[]
  readonly skills?: readonly CatalogueSkill[] | undefined
  readonly endpoints: readonly { readonly url: string; readonly protocol: string; readonly binding: string }[]
  readonly provider: { readonly organization: string; readonly url: string }
  readonly auth_schemes?: readonly string[] | undefined
}

type CatalogueSkill = {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly tags: readonly string[]
}

const CATALOGUES = { meridian, harbor, lumen } satisfies Record<string, readonly CatalogueRecord[]>

const FIELDS = [
  'name',
  'description',
  'agent_type',
  'visibility',
  'tags',
  'skills',
  'endpoints',
  'provider',
  'auth_schemes',
]

/** What the demo invites its visitors to look for. */
const SEARCHES = [
  'translate documents',
  'search the web',
  'database',
  'image generation',
  'github issues',
  'payments',
  'browser automation',
  'calendar',
  'weather',
  'monitoring',
]

test('catalogues: each holds 55 to 70 records', () => {
  for (const { catalogue, records } of listCatalogues()) {
    assert.ok(records.length >= 55 && records.length <= 70, `${catalogue} holds ${records.length}`)
  }
})

test('catalogues: every record has the fields of the publishing API and keeps its limits', () => {
  for (const { catalogue, records } of listCatalogues()) {
    for (const record of records) checkRecord(record, `${catalogue}: ${record.name}`)
  }
})

test('catalogues: no name, and no type with endpoint, stands twice in one catalogue', () => {
  for (const { catalogue, records } of listCatalogues()) {
    const names = records.map((record) => record.name.toLowerCase())
    const identities = records.map(identityOf)
    assert.equal(new Set(names).size, names.length, `${catalogue} repeats a name`)
    assert.equal(new Set(identities).size, identities.length, `${catalogue} repeats an agent`)
  }
})

test('catalogues: at least twelve agents stand in several, each time described differently', () => {
  const shared = [...groupByIdentity().values()].filter((records) => records.length > 1)
  const everywhere = shared.filter((records) => records.length === listCatalogues().length)
  assert.ok(shared.length >= 12, `${shared.length} shared`)
  assert.ok(everywhere.length >= 3, `${everywhere.length} in all`)
  for (const records of shared) {
    const descriptions = new Set(records.map((record) => record.description))
    const tagSets = new Set(records.map((record) => record.tags.toSorted().join(' ')))
    assert.equal(descriptions.size, records.length, `${records[0]?.name}: same description`)
    assert.equal(tagSets.size, records.length, `${records[0]?.name}: same tags`)
  }
})

test('catalogues: at least five agents speak A2A', () => {
  const agents = listCatalogues().flatMap(({ records }) => records)
  assert.ok(agents.filter((record) => record.agent_type === 'a2a').length >= 5)
})

for (const search of SEARCHES) {
  test(`catalogues: “${search}” is answered by at least two of them`, () => {
    const answering = listCatalogues().filter(({ records }) => records.some((r) => mentions(r, search)))
    assert.ok(answering.length >= 2, `only ${answering.map(({ catalogue }) => catalogue).join()}`)
  })
}

function listCatalogues(): { catalogue: string; records: readonly CatalogueRecord[] }[] {
  return Object.entries(CATALOGUES).map(([catalogue, records]) => ({ catalogue, records }))
}

function checkRecord(record: CatalogueRecord, label: string): void {
  assert.deepEqual(
    Object.keys(record).filter((field) => !FIELDS.includes(field)),
    [],
    label,
  )
  assertText(record.name, AGENT_LIMITS.nameChars, `${label}: name`)
  assertText(record.description, AGENT_LIMITS.descriptionChars, `${label}: description`)
  assert.match(record.agent_type, /^(mcp-server|a2a|agentvault|api|skill)$/, label)
  assert.equal(record.visibility, 'public', label)
  assertTags(record.tags, label)
  assert.ok(record.tags.length >= 2 && record.tags.length <= 6, `${label}: ${record.tags.length} tags`)
  assert.ok(record.endpoints.length >= 1 && record.endpoints.length <= AGENT_LIMITS.endpoints, label)
  for (const endpoint of record.endpoints) {
    assertHttpsUrl(endpoint.url, label)
    assert.match(endpoint.protocol, /^(mcp|a2a|http)$/, label)
    assert.match(endpoint.binding, /^(streamable-http|sse|repository|JSONRPC|HTTP\+JSON)$/, label)
  }
  assertText(record.provider.organization, AGENT_LIMITS.shortTextChars, `${label}: provider`)
  assertHttpsUrl(record.provider.url, label)
  for (const scheme of record.auth_schemes ?? []) assert.match(scheme, /^(oauth2|apiKey|bearer|none)$/, label)
  for (const skill of record.skills ?? []) checkSkill(skill, label)
  const skillIds = (record.skills ?? []).map((skill) => skill.id)
  assert.equal(new Set(skillIds).size, skillIds.length, `${label}: repeated skill`)
  assert.ok(skillIds.length <= AGENT_LIMITS.skills, label)
}

function checkSkill(skill: CatalogueSkill, label: string): void {
  assertText(skill.id, AGENT_LIMITS.nameChars, `${label}: skill id`)
  assertText(skill.name, AGENT_LIMITS.nameChars, `${label}: skill name`)
  assertText(skill.description, AGENT_LIMITS.descriptionChars, `${label}: skill description`)
  assertTags(skill.tags, `${label}: ${skill.id}`)
}

function assertText(text: string, maxChars: number, label: string): void {
  assert.equal(text, text.trim(), `${label} has outer spaces`)
  assert.ok(text.length >= 1 && text.length <= maxChars, `${label} is ${text.length} characters`)
}

function assertTags(tags: readonly string[], label: string): void {
  assert.ok(tags.length <= AGENT_LIMITS.tags, label)
  assert.equal(new Set(tags).size, tags.length, `${label}: repeated tag`)
  for (const tag of tags) {
    assertText(tag, AGENT_LIMITS.tagChars, `${label}: tag`)
    assert.match(tag, /^[a-z0-9-]+$/, `${label}: tag`)
  }
}

function assertHttpsUrl(text: string, label: string): void {
  const url = new URL(text)
  assert.equal(url.protocol, 'https:', `${label}: ${text}`)
  assert.equal(url.username + url.password + url.hash, '', `${label}: ${text}`)
  assert.ok(text.length <= AGENT_LIMITS.urlChars, `${label}: ${text}`)
}

/** The part of the merge rule these records exercise: equal type and equal endpoint. */
function identityOf(record: CatalogueRecord): string {
  return `${record.agent_type} ${record.endpoints[0]?.url.toLowerCase()}`
}

function groupByIdentity(): Map<string, CatalogueRecord[]> {
  return Map.groupBy(
    listCatalogues().flatMap(({ records }) => records),
    identityOf,
  )
}

/** Whether every word of the search begins a word of the record; cruder than the registry's own ranking. */
function mentions(record: CatalogueRecord, search: string): boolean {
  const text = [record.name, record.description, ...record.tags].join(' ').toLowerCase()
  const words = text.split(/[^a-z0-9]+/)
  return search.split(' ').every((term) => words.some((word) => word.startsWith(term)))
}
