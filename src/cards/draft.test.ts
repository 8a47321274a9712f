import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { AgentCard, AgentFields, AgentId, Did, OwnAgent, OwnerId } from '../domain/agent.ts'
import { AGENT_LIMITS } from '../domain/agent.ts'
import type { AgentDraft } from '../domain/ports.ts'
import { applyPatch, type ChangedDraft, draftFromPublisher, type SentCard } from './draft.ts'
import a2aCard from './examples/a2a-1.json' with { type: 'json' }
import agentVaultCard from './examples/agentvault.json' with { type: 'json' }
import serverJson from './examples/server-2025-12.json' with { type: 'json' }
import { FIELD_NAMES, type FieldName, WIRE_NAMES } from './fields.ts'
import { readCard } from './read-card.ts'

function sent(value: unknown): SentCard {
  return {
    value,
    bytes: new TextEncoder().encode(JSON.stringify(value)),
    mediaType: 'application/json',
    sha256: 'ab'.repeat(32),
    pointer: '/card',
  }
}

function drafted(explicit: Partial<AgentFields>, card: SentCard | null): AgentDraft {
  const result = draftFromPublisher({ explicit, card })
  assert.ok(result.kind === 'drafted')
  return result.draft
}

function stored(draft: AgentDraft): OwnAgent {
  return {
    ...draft.fields,
    id: '01997a52-5f0e-7cc4-8a39-0d6d3d1c8a11' as AgentId,
    did: 'did:web:r.example:agents:1' as Did,
    cardFormat: draft.card?.format ?? null,
    createdAt: 1,
    updatedAt: 1,
    ownerId: 'owner' as OwnerId,
    cardSha256: draft.card?.sha256 ?? null,
    explicitFields: draft.explicitFields,
    revision: 1,
    withheld: null,
  }
}

function fieldsOf(value: unknown): Partial<AgentFields> {
  const card = readCard(value)
  assert.ok(card.kind === 'read')
  return card.fields
}

function patched(
  agent: OwnAgent,
  cardFields: Partial<AgentFields> | null,
  patch: { readonly members?: unknown; readonly card?: SentCard | null },
): ChangedDraft {
  const { members = {}, card } = patch
  const result = applyPatch(agent, cardFields, { members, card: card === undefined ? 'keep' : card })
  assert.ok(result.kind === 'drafted')
  return result.draft
}

test('draftFromPublisher: explicit fields come before those of the card, which is kept as it came', () => {
  const card = sent(a2aCard)
  const draft = drafted({ name: 'Ours', tags: [] }, card)
  assert.equal(draft.fields.name, 'Ours')
  assert.deepEqual(draft.fields.tags, [])
  assert.equal(draft.fields.version, '3.1.0')
  assert.equal(draft.fields.visibility, 'local')
  assert.deepEqual(draft.explicitFields, ['name', 'tags'])
  assert.equal(draft.card?.format, 'a2a')
  assert.equal(draft.card?.bytes, card.bytes)
})

test('draftFromPublisher: without a card name and type are needed', () => {
  const draft = drafted({ name: 'N', agentType: 'api' }, null)
  assert.deepEqual(draft.explicitFields, ['name', 'agentType'])
  const result = draftFromPublisher({ explicit: { name: 'N' }, card: null })
  assert.deepEqual(result.kind === 'faulty' && result.faults.map((fault) => fault.pointer), ['/agent_type'])
})

test('draftFromPublisher: refuses cards that are unknown, faulty or too large, each in its own way', () => {
  assert.equal(draftFromPublisher({ explicit: {}, card: sent({ a: 1 }) }).kind, 'unknown-card')
  const faulty = draftFromPublisher({ explicit: {}, card: sent({ ...a2aCard, name: 1 }) })
  assert.deepEqual(faulty.kind === 'faulty' && faulty.faults.map((fault) => fault.pointer), ['/card/name'])
  const large = { ...sent(a2aCard), bytes: new Uint8Array(AGENT_LIMITS.cardBytes + 1) }
  assert.equal(draftFromPublisher({ explicit: {}, card: large }).kind, 'faulty')
})

test('applyPatch: what is given overrides, becomes explicit and survives a new card', () => {
  const agent = stored(drafted({ visibility: 'public' }, sent(a2aCard)))
  const renamed = patched(agent, fieldsOf(a2aCard), { members: { name: 'Ours' } })
  assert.deepEqual(renamed.explicitFields, ['name', 'visibility'])
  assert.equal(renamed.card, 'keep')
  const next = stored({ ...renamed, card: null })
  const recarded = patched(next, fieldsOf(a2aCard), { card: sent(agentVaultCard) })
  assert.equal(recarded.fields.name, 'Ours')
  assert.equal(recarded.fields.visibility, 'public')
  assert.equal(recarded.fields.version, '1.4.2')
  assert.equal(recarded.fields.agentType, 'agentvault')
  assert.equal((recarded.card as AgentCard).format, 'agentvault')
})

test('applyPatch: what the new card does not say goes back to the default', () => {
  const agent = stored(drafted({}, sent(a2aCard)))
  const changed = patched(agent, fieldsOf(a2aCard), { card: sent(serverJson) })
  assert.deepEqual(changed.fields.skills, [])
  assert.deepEqual(changed.fields.authSchemes, [])
})

test('applyPatch: null gives a member back to the card, or without one to its default', () => {
  const withCard = stored(drafted({ name: 'Ours', version: '9', visibility: 'public' }, sent(a2aCard)))
  const members = { name: null, version: null, visibility: null }
  const changed = patched(withCard, fieldsOf(a2aCard), { members })
  assert.equal(changed.fields.name, 'Route Planner')
  assert.equal(changed.fields.version, '3.1.0')
  assert.equal(changed.fields.visibility, 'local')
  assert.deepEqual(changed.explicitFields, [])

  const withoutCard = stored(drafted({ name: 'N', agentType: 'api', version: '9', tags: ['a'] }, null))
  const cleared = patched(withoutCard, null, { members: { version: null, tags: null } })
  assert.equal(cleared.fields.version, null)
  assert.deepEqual(cleared.fields.tags, [])
  const refused = applyPatch(withoutCard, null, { members: { name: null }, card: 'keep' })
  assert.deepEqual(refused.kind === 'faulty' && refused.faults.map((fault) => fault.pointer), ['/name'])
})

test('applyPatch: a card can be removed from a record that stands without it', () => {
  const agent = stored(drafted({ name: 'Ours', agentType: 'api' }, sent(a2aCard)))
  const changed = patched(agent, fieldsOf(a2aCard), { card: null })
  assert.equal(changed.card, null)
  assert.equal(changed.fields.name, 'Ours')
  assert.deepEqual(changed.fields.skills, [])
  const dependent = stored(drafted({}, sent(a2aCard)))
  assert.equal(applyPatch(dependent, fieldsOf(a2aCard), { members: {}, card: null }).kind, 'faulty')
})

test('applyPatch: the provider is merged, lists are replaced whole', () => {
  const agent = stored(drafted({}, sent(a2aCard)))
  const provider = (members: unknown) => patched(agent, fieldsOf(a2aCard), { members }).fields.provider
  assert.deepEqual(provider({ provider: { organization: 'New' } }), {
    organization: 'New',
    url: 'https://vans.example',
  })
  assert.deepEqual(provider({ provider: { url: null } }), { organization: 'Vans & Co', url: null })
  const tags = patched(agent, fieldsOf(a2aCard), { members: { tags: ['one'] } }).fields.tags
  assert.deepEqual(tags, ['one'])
})

test('applyPatch: faults of members and card are told together, and nothing is drafted', () => {
  const agent = stored(drafted({}, sent(a2aCard)))
  const card = sent({ ...a2aCard, version: 3 })
  const result = applyPatch(agent, fieldsOf(a2aCard), { members: { status: 'gone' }, card })
  assert.deepEqual(result.kind === 'faulty' && result.faults.map((fault) => fault.pointer), [
    '/status',
    '/card/version',
  ])
})

test('applyPatch: a patch cannot set what the registry makes', () => {
  const agent = stored(drafted({ name: 'N', agentType: 'api' }, null))
  const changed = patched(agent, null, {
    members: { id: 'x', did: 'did:web:evil.example', is_federated: true },
  })
  assert.deepEqual(changed, {
    fields: drafted({ name: 'N', agentType: 'api' }, null).fields,
    explicitFields: agent.explicitFields,
    card: 'keep',
  })
  assert.equal(applyPatch(agent, null, { members: { owner_id: 'other' }, card: 'keep' }).kind, 'faulty')
})

const values: Readonly<Partial<Record<FieldName, fc.Arbitrary<unknown>>>> = {
  name: fc.stringMatching(/^[a-z]{1,9}$/),
  description: fc.stringMatching(/^[a-z]{0,9}$/),
  version: fc.stringMatching(/^[0-9]{1,3}$/),
  status: fc.constantFrom('active', 'deprecated', 'disabled'),
  visibility: fc.constantFrom('private', 'local', 'federated', 'public'),
  tags: fc.uniqueArray(fc.constantFrom('a', 'b', 'c')),
  shareCard: fc.boolean(),
}

const members = fc.record(
  Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      WIRE_NAMES[name as FieldName],
      fc.option(value, { nil: null }),
    ]),
  ),
  { requiredKeys: [] },
)
const cards = fc.constantFrom(a2aCard, agentVaultCard, serverJson)

test('applyPatch: an empty patch changes nothing, and the same patch twice is as good as once', () => {
  fc.assert(
    fc.property(cards, members, (card, patch) => {
      const cardFields = fieldsOf(card)
      const agent = stored(drafted({ tags: ['mine'] }, sent(card)))
      const once = patched(agent, cardFields, { members: patch })
      const next = { ...agent, ...once.fields, explicitFields: once.explicitFields }
      assert.deepEqual(patched(next, cardFields, {}), once)
      assert.deepEqual(patched(next, cardFields, { members: patch }), once)
    }),
    { numRuns: 100 },
  )
})

test('applyPatch: after any changes, fields are the publisher’s own, else the card’s, else the defaults', () => {
  fc.assert(
    fc.property(cards, fc.array(fc.tuple(members, fc.option(cards)), { maxLength: 5 }), (first, changes) => {
      let card = first
      let agent = stored(drafted({}, sent(first)))
      const own = new Map<FieldName, unknown>()
      for (const [patch, newCard] of changes) {
        const change = newCard === null ? { members: patch } : { members: patch, card: sent(newCard) }
        const draft = patched(agent, fieldsOf(card), change)
        card = newCard ?? card
        agent = { ...agent, ...draft.fields, explicitFields: draft.explicitFields }
        for (const name of FIELD_NAMES) {
          const value = patch[WIRE_NAMES[name]]
          if (value === null) own.delete(name)
          else if (value !== undefined) own.set(name, value)
        }
      }
      const bare = drafted({}, sent(card)).fields
      for (const name of FIELD_NAMES)
        assert.deepEqual(agent[name], own.has(name) ? own.get(name) : bare[name], name)
      assert.deepEqual([...agent.explicitFields].sort(), [...own.keys()].sort())
    }),
    { numRuns: 100 },
  )
})
