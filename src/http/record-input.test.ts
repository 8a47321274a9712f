import assert from 'node:assert/strict'
import { test } from 'node:test'
import { draftOf, takeApart, warningsFor } from './record-input.ts'

const CARD =
  '{ "protocolVersion": "0.3.0", "name": "Card",\n "description": "write to joe@example.com", "url": "https://a.example/x",' +
  ' "version": "1.0.0", "capabilities": {}, "defaultInputModes": ["text"], "defaultOutputModes": ["text"],' +
  ' "preferredTransport": "JSONRPC", "skills": [{"id":"s","name":"S","description":"d","tags":["t"]}] }'

function apart(body: string, mediaType = 'application/json') {
  const bytes = Buffer.from(body)
  return takeApart(JSON.parse(body), bytes, { mediaType, bareCards: true })
}

function cardText(sent: ReturnType<typeof apart>): string {
  assert.ok(sent.card !== null && sent.card !== 'absent')
  return Buffer.from(sent.card.bytes).toString()
}

test('a card keeps its bytes: alone, under its own media type, and among fields', () => {
  assert.equal(cardText(apart(CARD)), CARD)
  const own = apart(CARD, 'application/a2a-agent-card+json')
  assert.equal(cardText(own), CARD)
  assert.ok(own.card !== null && own.card !== 'absent')
  assert.equal(own.card.mediaType, 'application/a2a-agent-card+json')
  assert.equal(cardText(apart(`{"name":"x","card":  ${CARD}  }`)), CARD)
})

test('plain fields are not taken for a card, nor a record that says its type', () => {
  assert.equal(apart('{"name":"x","agent_type":"api"}').card, 'absent')
  assert.equal(apart('{"name":"x","agent_type":"a2a","url":"https://x.example","skills":[]}').card, 'absent')
  assert.equal(apart('{"card":null}').card, null)
})

test('personal data is masked in what the card gave, and left in what the publisher wrote', () => {
  const fromCard = draftOf(apart(CARD))
  assert.ok(fromCard.kind === 'drafted')
  assert.equal(fromCard.draft.fields.description, 'write to [email]')
  const own = draftOf(apart(`{"description":"write to joe@example.com","card":${CARD}}`))
  assert.ok(own.kind === 'drafted')
  assert.equal(own.draft.fields.description, 'write to joe@example.com')
})

test('the publisher is told that a card with personal data stays here, unless it said to share it', () => {
  const sent = apart(CARD)
  const drafted = draftOf(sent)
  assert.ok(drafted.kind === 'drafted')
  assert.match(warningsFor(sent.card, drafted.draft.fields)[0] ?? '', /email.*share_card/)
  assert.deepEqual(warningsFor(sent.card, { ...drafted.draft.fields, shareCard: true }), [])
})

test('faults of the fields and of the card are told together', () => {
  const drafted = draftOf(apart('{"nope":1,"card":{"humanReadableId":5}}'))
  assert.ok(drafted.kind === 'faulty')
  const pointers = drafted.faults.map(({ pointer }) => pointer)
  assert.ok(pointers.includes('/nope'))
  assert.ok(pointers.some((pointer) => pointer.startsWith('/card/')))
})
