import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listJobs } from './jobs.ts'

test('a purge that fails is told, and stops no other', async () => {
  const done: string[] = []
  const jobs = listJobs({
    keepAudit: async () => {},
    checkPeers: async () => {},
    healthCheckIntervalSeconds: 60,
    watchKeys: async () => {},
    sweeps: [],
    purges: [
      async () => done.push('first'),
      () => Promise.reject(new Error('the table is locked')),
      async () => done.push('third'),
    ],
  })
  const retention = jobs.find(({ name }) => name === 'retention')
  await assert.rejects(retention?.run(new AbortController().signal) ?? Promise.resolve(), /1 of 3 purges/)
  assert.deepEqual(done, ['first', 'third'])
})
