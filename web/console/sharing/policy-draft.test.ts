import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readSharePolicy } from '../../../src/domain/read-share-policy.ts'
import { WITHHOLDABLE_FIELDS } from '../../../src/domain/share-policy.ts'
import {
  differenceOf,
  FIELDS,
  isSamePolicy,
  linesOf,
  OPEN_POLICY,
  readPolicyText,
  storedForm,
} from './policy-draft.ts'

const TIDES = { ...OPEN_POLICY, include: [{ tag: 'tides' }], max_results: 20 }

test('FIELDS: are those that the registry can keep back', () => {
  assert.deepEqual(FIELDS.map(({ field }) => field).sort(), [...WITHHOLDABLE_FIELDS].sort())
})

test('storedForm: keeps no policy that narrows nothing, and the registry reads every other one', () => {
  assert.equal(storedForm(OPEN_POLICY), null)
  for (const policy of [TIDES, { ...OPEN_POLICY, include: [] }, { ...OPEN_POLICY, fields: [] }]) {
    assert.deepEqual(storedForm(policy), policy)
    assert.equal(readSharePolicy(policy).ok, true)
  }
})

test('isSamePolicy: no policy is the open one, and the order of fields says nothing', () => {
  assert.equal(isSamePolicy(null, OPEN_POLICY), true)
  assert.equal(
    isSamePolicy({ ...TIDES, fields: ['tags', 'card'] }, { ...TIDES, fields: ['card', 'tags'] }),
    true,
  )
  assert.equal(isSamePolicy(TIDES, { ...TIDES, max_results: 21 }), false)
  assert.equal(isSamePolicy(null, { ...OPEN_POLICY, include: [] }), false)
})

test('differenceOf: says what is new, what goes and what stays', () => {
  assert.deepEqual(differenceOf(null, TIDES), [
    { change: '-', text: 'Shares every federated record.' },
    { change: '-', text: 'Sets no bound to how many one question brings out.' },
    { change: '+', text: 'Shares records with the tag “tides”.' },
    { change: ' ', text: 'Shows records whole.' },
    { change: '+', text: 'One question brings out 20 at most.' },
  ])
  assert.deepEqual(
    differenceOf({ ...TIDES, fields: ['card'] }, TIDES).filter(({ change }) => change === '-').length,
    FIELDS.length - 1,
  )
})

test('readPolicyText: takes what is JSON of a policy, whole or in part, and says of all else why not', () => {
  assert.deepEqual(readPolicyText('null'), { ok: true, policy: OPEN_POLICY })
  assert.deepEqual(readPolicyText('{"max_results": 5}'), {
    ok: true,
    policy: { ...OPEN_POLICY, max_results: 5 },
  })
  for (const text of ['', '{', '[]', '"all"', '7']) assert.equal(readPolicyText(text).ok, false, text)
})

test('readPolicyText: JSON of another shape is no policy, and the first thing wrong is told with its place', () => {
  const told: readonly (readonly [string, RegExp])[] = [
    ['{"exclude": {}}', /^\/exclude: Takes a list/],
    ['{"include": {}}', /^\/include: Takes a list/],
    ['{"fields": "a"}', /^\/fields: Takes a list/],
    ['{"include": [{"tag": 7}]}', /^\/include\/0\/tag: Takes text/],
    ['{"colour": "red"}', /^\/colour: Unknown/],
  ]
  for (const [text, sentence] of told) {
    const read = readPolicyText(text)
    assert.match(read.ok ? '' : read.sentence, sentence, text)
  }
})

test('readPolicyText: whatever it takes can be written in words', () => {
  for (const text of ['{"exclude": null}', '{"include": null, "fields": null}', '{"fields": ["card"]}']) {
    const read = readPolicyText(text)
    assert.ok(read.ok, text)
    assert.ok(linesOf(read.policy).length > 0, text)
  }
})
