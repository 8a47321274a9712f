import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type AnswerRule, createAnswerRule, type Verdict } from './answer-rule.ts'

const STARTED = 10_000
const live = (deadlineMs: number) => ({ deadlineMs, isLive: true })
const doubtful = (deadlineMs: number) => ({ deadlineMs, isLive: false })
const times = <T>(count: number, one: T): T[] => Array.from({ length: count }, () => one)

function settleMany(rule: AnswerRule, from: number, to: number): void {
  for (let place = from; place < to; place += 1) rule.settle(place)
}

const until = (ms: number): Verdict => ({ kind: 'wait', until: STARTED + ms })
const DONE: Verdict = { kind: 'done' }

test('without anybody to ask, nothing is waited for', () => {
  assert.deepEqual(createAnswerRule([], STARTED).verdict(STARTED), DONE)
})

test('up to nineteen peers that are well are all waited for', () => {
  for (const count of [1, 2, 3, 19]) {
    const rule = createAnswerRule(times(count, live(700)), STARTED)
    settleMany(rule, 0, count - 1)
    assert.deepEqual(rule.verdict(STARTED + 100), until(700))
    rule.settle(count - 1)
    assert.deepEqual(rule.verdict(STARTED + 100), DONE)
  }
})

test('of twenty, the last has 50 ms left when nineteen are done', () => {
  const rule = createAnswerRule(times(20, live(700)), STARTED)
  settleMany(rule, 0, 18)
  assert.deepEqual(rule.verdict(STARTED + 100), until(700))
  rule.settle(18)
  assert.deepEqual(rule.verdict(STARTED + 120), until(170))
  assert.deepEqual(rule.verdict(STARTED + 169), until(170), 'the moment is not begun anew')
  assert.deepEqual(rule.verdict(STARTED + 170), DONE)
})

test('who cannot be counted on is asked, and not waited for beyond the moment', () => {
  const rule = createAnswerRule([live(700), live(700), doubtful(1_500)], STARTED)
  rule.settle(2)
  assert.deepEqual(rule.verdict(STARTED + 10), until(700), 'nor does its answer count for one of the others')
  settleMany(rule, 0, 2)
  assert.deepEqual(rule.verdict(STARTED + 10), DONE)
})

test('where nobody asked can be counted on, they are waited for a quarter of a second: one of them may be well again', () => {
  const rule = createAnswerRule([doubtful(1_500), doubtful(200)], STARTED)
  assert.deepEqual(rule.verdict(STARTED), until(200), 'and none beyond its own time')
  rule.settle(1)
  assert.deepEqual(rule.verdict(STARTED + 249), until(250))
  assert.deepEqual(rule.verdict(STARTED + 250), DONE)
  rule.settle(0)
  assert.deepEqual(rule.verdict(STARTED + 20), DONE)
})

test('a place settled twice counts once', () => {
  const rule = createAnswerRule(times(3, live(700)), STARTED)
  for (const place of [0, 0, 0, 1]) rule.settle(place)
  assert.deepEqual(rule.verdict(STARTED), until(700))
  assert.deepEqual(
    [0, 1, 2].map((place) => rule.isSettled(place)),
    [true, true, false],
  )
})

test('each is given up at its own time, the soonest first', () => {
  const rule = createAnswerRule([live(300), live(100), live(200)], STARTED)
  assert.deepEqual(rule.overdue(STARTED + 99), [])
  assert.deepEqual(rule.verdict(STARTED + 99), until(100))
  assert.deepEqual(rule.overdue(STARTED + 100), [1])
  rule.settle(1)
  assert.deepEqual(rule.verdict(STARTED + 100), until(200))
  rule.settle(2)
  assert.deepEqual(rule.verdict(STARTED + 150), until(300))
  assert.deepEqual(rule.overdue(STARTED + 900), [0])
})

test('whenever peers answer, a search that looks when told ends by the last deadline, and not before enough are done', () => {
  const peer = fc.record({ deadlineMs: fc.integer({ min: 50, max: 1_500 }), isLive: fc.boolean() })
  const asked = fc.array(fc.tuple(peer, fc.integer({ min: 0, max: 3_000 })), { minLength: 1, maxLength: 60 })
  fc.assert(
    fc.property(asked, (fleet) => {
      const rule = createAnswerRule(
        fleet.map(([one]) => one),
        0,
      )
      const answers = fleet.map(([, at], place) => ({ at, place })).toSorted((a, b) => a.at - b.at)
      const settled = new Set<number>()
      const settle = (place: number): void => {
        rule.settle(place)
        settled.add(place)
      }
      let now = 0
      for (;;) {
        for (const place of rule.overdue(now)) settle(place)
        const verdict = rule.verdict(now)
        if (verdict.kind === 'done') break
        assert.ok(verdict.until > now, 'it never asks to look at once again')
        const next = answers.find(({ at, place }) => at >= now && !settled.has(place))
        now = Math.min(verdict.until, next?.at ?? verdict.until)
        if (next?.at === now) settle(next.place)
      }
      assert.ok(now <= Math.max(...fleet.map(([{ deadlineMs }]) => deadlineMs)))
      const counted = fleet.flatMap(([{ isLive }], place) => (isLive ? [place] : []))
      const done = counted.filter((place) => settled.has(place)).length
      assert.ok(done >= Math.ceil(0.95 * counted.length))
    }),
  )
})
