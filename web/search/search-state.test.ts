import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { WireKeyedAgent } from '../../src/wire/discovery-events.ts'
import { unreachable } from '../api/problem.ts'
import { NO_QUESTION } from './question.ts'
import {
  beginState,
  countChanged,
  isCursorLost,
  nextState,
  type SearchAction,
  type SearchState,
} from './search-state.ts'

const HOME = 'https://home.example'

function agent(key: string, alsoIn: readonly string[] = []): WireKeyedAgent {
  const [registry_url = HOME, id = key] = key.includes('#') ? key.split('#') : [HOME, key]
  const also_in = alsoIn.map((copy) => {
    const [url = '', copyId = ''] = copy.split('#')
    return { registry_name: url, registry_url: url, id: copyId }
  })
  return { key: `${registry_url}#${id}`, id, registry_url, also_in, name: id } as unknown as WireKeyedAgent
}

const key = (id: string): string => `${HOME}#${id}`
const ids = ({ shown }: SearchState): string => shown.map(({ id }) => id).join('')
const begin: SearchAction = { kind: 'start', question: NO_QUESTION, at: 0 }
const local = (text: string, at: number): SearchAction => ({
  kind: 'event',
  at,
  event: { event: 'local', agents: [...text].map((id) => agent(id)) },
})
const merge = (order: string, at: number, upserts: readonly WireKeyedAgent[] = []): SearchAction => ({
  ...{ kind: 'event', at },
  event: {
    event: 'merge',
    upserts: upserts.length > 0 ? upserts : [...order].map((id) => agent(id)),
    order: [...order].map(key),
  },
})
const done = (at: number, next_cursor: string | null = null): SearchAction => ({
  ...{ kind: 'event', at },
  event: { event: 'done', next_cursor },
})

function after(...actions: readonly SearchAction[]): SearchState {
  return actions.reduce(nextState, beginState(NO_QUESTION, 0))
}

test('local results are shown at once and put in order by the first answers', () => {
  assert.equal(ids(after(begin, local('ab', 20))), 'ab')
  assert.equal(ids(after(begin, local('ab', 20), merge('xayb', 90))), 'xayb')
})

test('a touched list keeps its place; what waits is shown when asked for', () => {
  const state = after(begin, local('ab', 20), { kind: 'touch' }, merge('xaybz', 90), done(100))
  assert.equal(ids(state), 'abz')
  assert.equal(state.waiting.length, 2)
  assert.equal(ids(nextState(state, { kind: 'show-waiting' })), 'xaybz')
})

test('touching what is left of the search before does not hold up this one', () => {
  const state = after(begin, local('ab', 20), done(30), { ...begin, at: 1_000 } as SearchAction, {
    kind: 'touch',
  })
  assert.equal(state.isOfBefore, true)
  assert.equal(ids(state), 'ab')
  assert.equal(ids(nextState(nextState(state, local('cd', 1_010)), merge('xcd', 1_050))), 'xcd')
})

test('no results of our own leave the search before until peers have spoken', () => {
  const before = after(begin, local('ab', 20), done(30), { ...begin, at: 1_000 } as SearchAction)
  const waiting = nextState(before, local('', 1_010))
  assert.deepEqual([ids(waiting), waiting.isOfBefore], ['ab', true])
  const ended = nextState(waiting, done(1_200))
  assert.deepEqual([ids(ended), ended.isOfBefore, ended.phase], ['', false, 'done'])
})

test('results that better ones pushed off the page stay until those are asked for, and behind them then', () => {
  const state = after(begin, local('abc', 20), { kind: 'touch' }, merge('xya', 90), done(100))
  assert.equal(ids(state), 'abc')
  assert.equal(state.waiting.length, 2)
  assert.equal(ids(nextState(state, { kind: 'show-waiting' })), 'xyabc')
})

test('another registry’s copy of a shown result is no better result', () => {
  const other = agent('https://o.example#1', [key('b')])
  const state = after(
    begin,
    local('ab', 20),
    { kind: 'touch' },
    {
      ...{ kind: 'event', at: 90 },
      event: { event: 'merge', upserts: [other], order: [other.key, key('a')] },
    },
  )
  assert.deepEqual([ids(state), state.waiting.length], ['ab', 0])
})

test('a shown result keeps its text, and the news of it is counted', () => {
  const news = agent('a', ['https://o.example#1'])
  const state = after(begin, local('ab', 20), { kind: 'touch' }, merge('ab', 90, [news]))
  assert.equal(state.shown[0]?.also_in.length, 0)
  assert.equal(countChanged(state), 1)
  const shown = nextState(state, { kind: 'show-waiting' })
  assert.deepEqual([shown.shown[0]?.also_in.length, countChanged(shown)], [1, 0])
})

test('in the first moments an untouched result takes the news of it', () => {
  const state = after(begin, local('ab', 20), merge('ab', 90, [agent('a', ['https://o.example#1'])]))
  assert.equal(state.shown[0]?.also_in.length, 1)
})

test('a further page goes to the end, without what is shown or waits already', () => {
  const state = after(begin, local('ab', 20), { kind: 'touch' }, merge('xab', 90), done(100, 'c'))
  const paged = nextState(state, {
    kind: 'page',
    answer: { agents: ['b', 'x', 'd'].map((id) => agent(id)), next_cursor: null },
  })
  assert.equal(ids(paged), 'abd')
  assert.equal(ids(nextState(paged, { kind: 'show-waiting' })), 'xabd')
})

test('a further page that fails leaves the search as it ended, until one comes', () => {
  const ended = after(begin, local('ab', 20), done(100, 'c'))
  const failed = nextState(ended, { kind: 'fail', problem: unreachable() })
  assert.deepEqual([failed.phase, ids(failed), failed.ending], ['done', 'ab', ended.ending])
  assert.equal(failed.problem?.code, 'unreachable')
  const paged = nextState(failed, { kind: 'page', answer: { agents: [agent('c')], next_cursor: null } })
  assert.deepEqual([ids(paged), paged.problem], ['abc', null])
})

test('a search that fails before its end has failed, with what was shown', () => {
  const failed = after(begin, local('ab', 20), { kind: 'fail', problem: unreachable() })
  assert.deepEqual([failed.phase, ids(failed)], ['failed', 'ab'])
})

test('isCursorLost: when the registry keeps the walk no longer, not when it cannot be reached', () => {
  const failWith = (code: string): SearchState =>
    after(begin, local('ab', 20), done(100, 'c'), { kind: 'fail', problem: { ...unreachable(), code } })
  assert.deepEqual(
    ['cursor-expired', 'invalid-cursor', 'unreachable'].map((code) => isCursorLost(failWith(code))),
    [true, true, false],
  )
})

test('peers go from waiting to what became of them', () => {
  const peer = { peer_id: '1', name: 'One', registry_url: 'https://one.example' }
  const planned = after(begin, { kind: 'event', at: 1, event: { event: 'plan', peers: [peer], skipped: [] } })
  assert.equal(planned.peers[0]?.outcome, undefined)
  const told = nextState(planned, {
    kind: 'event',
    at: 9,
    event: { event: 'peer', ...peer, outcome: 'timeout' },
  })
  assert.equal(told.peers[0]?.outcome, 'timeout')
})
