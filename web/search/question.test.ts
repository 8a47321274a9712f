import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parametersOf, type Question, readQuestion, toggled, writeQuestion } from './question.ts'

const QUESTION: Question = {
  search: 'translate ',
  type: 'a2a',
  tags: ['legal & tax', 'pdf'],
  registries: ['Harbor Commons'],
}

test('a question survives its address, blanks and all', () => {
  assert.deepEqual(readQuestion(writeQuestion(QUESTION)), QUESTION)
  assert.equal(writeQuestion(readQuestion('')), '')
})

test('readQuestion: cuts off what the API would refuse', () => {
  const query = `?search=${'x'.repeat(300)}&tag=&tag=a&tag=a&${Array.from({ length: 30 }, (_, n) => `tag=t${n}`).join('&')}`
  const { search, tags } = readQuestion(query)
  assert.equal(search.length, 200)
  assert.equal(tags.length, 16)
  assert.deepEqual(tags.slice(0, 2), ['a', 't0'])
})

test('parametersOf: asks everybody unless registries are chosen', () => {
  assert.deepEqual(parametersOf({ ...QUESTION, registries: [] }, 'Us'), {
    ...{ search: 'translate ', agent_type: 'a2a', tags: ['legal & tax', 'pdf'], include_federated: true },
  })
})

test('parametersOf: leaves this registry out when only peers are chosen', () => {
  const { include_local, peers } = parametersOf(QUESTION, 'Us')
  assert.deepEqual([include_local, peers], [false, ['Harbor Commons']])
})

test('parametersOf: asks no peer when only this registry is chosen', () => {
  const parameters = parametersOf({ ...QUESTION, registries: ['Us'] }, 'Us')
  assert.equal('include_federated' in parameters || 'peers' in parameters, false)
})

test('parametersOf: asks both when both are chosen', () => {
  const parameters = parametersOf({ ...QUESTION, registries: ['Us', 'Harbor Commons'] }, 'Us')
  assert.deepEqual([parameters.peers, 'include_local' in parameters], [['Harbor Commons'], false])
})

test('toggled: takes a value out or puts it at the end', () => {
  assert.deepEqual([toggled(['a', 'b'], 'a'), toggled(['a'], 'b')], [['b'], ['a', 'b']])
})
