import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OwnerId } from '../domain/agent.ts'
import type { ImportedLine } from '../domain/ports.ts'
import { importLines } from './import-stream.ts'
import type { Line } from './lines.ts'

async function* linesAtHand(count: number): AsyncGenerator<Line> {
  for (let number = 1; number <= count; number += 1) {
    const record = {
      name: `Agent ${number}`,
      agent_type: 'a2a',
      endpoints: [{ url: 'https://a.example/', protocol: 'a2a' }],
    }
    yield { kind: 'line', number, bytes: Buffer.from(JSON.stringify(record)) }
  }
}

test('an import of lines that are all here, into a store that never waits, lets others in between its batches', async () => {
  const told: string[] = []
  const agents = {
    async importBatch(drafts: readonly unknown[]): Promise<ImportedLine[]> {
      told.push('batch')
      return drafts.map((_, place) => ({ kind: 'created', id: String(place) as never }))
    },
  }
  let isOver = false
  setImmediate(function others() {
    told.push('others')
    if (!isOver) setImmediate(others)
  })
  const options = { ownerId: 'owner' as OwnerId, actor: 'key:test' as never, isDryRun: false }
  const events: string[] = []
  for await (const { event } of importLines(linesAtHand(2_500), agents, options)) events.push(event)
  isOver = true
  assert.deepEqual(events, ['progress', 'progress', 'progress', 'done'])
  const turns = told.join(' ').split('batch').slice(1)
  assert.equal(turns.length, 3)
  // Turns in which a connection is taken, its request read and its answer written.
  for (const between of turns.slice(0, -1)) assert.ok(between.split('others').length > 3, told.join(' '))
})
