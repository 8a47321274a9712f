import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Stop, type StopSignal } from './stop.ts'

test('tells each listener once, in order, and keeps the first reason', () => {
  const stop = new Stop()
  const told: string[] = []
  stop.addEventListener('abort', () => told.push('first'))
  stop.addEventListener('abort', () => told.push('second'))
  assert.equal(stop.aborted, false)
  stop.abort('enough')
  stop.abort('again')
  assert.deepEqual(told, ['first', 'second'])
  assert.equal(stop.aborted, true)
  assert.equal(stop.reason, 'enough')
})

test('tells nothing to who left, and nothing to who comes when it is over', () => {
  const stop = new Stop()
  const told: string[] = []
  const leaves = (): void => void told.push('who left')
  stop.addEventListener('abort', leaves)
  stop.removeEventListener('abort', leaves)
  stop.removeEventListener('abort', leaves)
  stop.abort('enough')
  stop.addEventListener('abort', () => told.push('too late'))
  assert.deepEqual(told, [])
})

test('who leaves while all are being told is told still', () => {
  const stop = new Stop()
  const told: string[] = []
  const second = (): void => void told.push('second')
  stop.addEventListener('abort', () => stop.removeEventListener('abort', second))
  stop.addEventListener('abort', second)
  stop.abort('enough')
  assert.deepEqual(told, ['second'])
})

test('the signals of the platform do where one is wanted', () => {
  const controller = new AbortController()
  const signal: StopSignal = controller.signal
  let isTold = false
  signal.addEventListener('abort', () => (isTold = true), { once: true })
  controller.abort('enough')
  assert.deepEqual([isTold, signal.aborted, signal.reason], [true, true, 'enough'])
})
