import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cardParameters, isCardAlone, memberRows, recordOf } from './card-text.ts'

const valid = { valid: true, faults: [], card_format: 'a2a' }

test('isCardAlone: a card within a record is no card alone, nor is a record without one', () => {
  assert.ok(isCardAlone('{"name":"x","url":"https://a.example"}', valid))
  assert.ok(!isCardAlone('{"card":{"name":"x"}}', valid))
  assert.ok(!isCardAlone('{"name":"x"}', { ...valid, card_format: null }))
})

test('cardParameters: say who may see a card alone, and nothing of a record, which the registry would refuse', () => {
  const chosen = { visibility: 'public', sharesCard: false }
  assert.deepEqual(cardParameters({ ...chosen, isCardAlone: true }), {
    visibility: 'public',
    share_card: undefined,
  })
  assert.deepEqual(cardParameters({ ...chosen, isCardAlone: false, sharesCard: true }), {})
})

test('recordOf: leaves out what is empty and takes the type for the protocol', () => {
  const fields = {
    name: ' Summarizer ',
    type: 'a2a',
    url: 'https://a.example',
    protocol: '',
    visibility: 'local',
  }
  assert.deepEqual(recordOf({ ...fields, description: ' ', tags: ' nlp, ,text' }), {
    ...{ name: 'Summarizer', agent_type: 'a2a', visibility: 'local', tags: ['nlp', 'text'] },
    endpoints: [{ url: 'https://a.example', protocol: 'a2a' }],
  })
})

test('memberRows: shows what would be stored, lists as they are sent', () => {
  assert.deepEqual(memberRows({ name: 'x', tags: ['a'], skills: [], provider: null, share_card: false }), [
    { name: 'name', value: 'x' },
    { name: 'tags', value: '["a"]' },
    { name: 'share_card', value: 'false' },
  ])
})
