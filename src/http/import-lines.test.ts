import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AgentId, Did, OwnAgent, OwnerId } from '../domain/agent.ts'
import type { ImportDraft } from '../domain/ports.ts'
import { exportLine, readImportLine } from './import-lines.ts'

const SELF = { url: 'https://registry.example', name: 'R' }
const ID = '0199aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee'
const CARD =
  '{"name":"io.example/tool","description":"Does.","version":"1.0.0","remotes":[{"type":"streamable-http","url":"https://t.example/mcp"}]}'

function read(line: string): ImportDraft {
  const result = readImportLine(Buffer.from(line))
  assert.ok(result.ok, result.ok ? '' : result.reason)
  return result.draft
}

function stored(draft: ImportDraft): OwnAgent {
  return {
    ...draft.fields,
    ...{ id: ID as AgentId, did: 'did:web:registry.example:agents:1' as Did, ownerId: 'o' as OwnerId },
    ...{ cardFormat: draft.card?.format ?? null, cardSha256: draft.card?.sha256 ?? null },
    ...{ explicitFields: draft.explicitFields, createdAt: 1, updatedAt: 1, revision: 1 },
    withheld: null,
  }
}

for (const [what, line] of [
  ['plain fields', '{"name":"A","agent_type":"api","tags":["x"]}'],
  ['a card on one line', CARD],
  ['a card with fields over it', `{"description":"Own words.","visibility":"public","card":${CARD}}`],
] as const) {
  test(`what was exported comes back the same: ${what}`, () => {
    const draft = read(line)
    const exported = exportLine(stored(draft), draft.card ?? undefined, SELF)
    assert.equal(exported.indexOf('\n'), exported.length - 1)
    assert.deepEqual(read(exported), { ...draft, id: ID })
  })
}

test('a card with line breaks keeps its bytes and its media type over an export', () => {
  const bytes = Buffer.from(`${CARD.replace(',', ',\r\n')}\n`)
  const draft = read(CARD)
  assert.ok(draft.card)
  const card = { ...draft.card, bytes, mediaType: 'application/vnd.x+json' }
  const back = read(exportLine(stored(draft), card, SELF))
  assert.deepEqual(Buffer.from(back.card?.bytes ?? []), bytes)
  assert.equal(back.card?.mediaType, 'application/vnd.x+json')
})

test('a line that is wrong says why and harms nothing', () => {
  for (const [line, reason] of [
    ['{', /Malformed JSON/],
    ['[1]', /object/],
    ['{"name":"A"}', /agent_type/],
    ['{"__proto__":{"x":1}}', /__proto__/],
    [`${'['.repeat(40)}${']'.repeat(40)}`, /deeper/],
    ['{"card":{"x":1}}', /format is not known/],
    ['{"card_base64":"%%","explicit_fields":[]}', /card_base64/],
    ['{"explicit_fields":"x"}', /explicit_fields/],
    ['{"card_media_type":"text/html","card":{}}', /card_media_type/],
  ] as const) {
    const result = readImportLine(Buffer.from(line))
    assert.ok(!result.ok, line)
    assert.match(result.reason, reason)
  }
})
