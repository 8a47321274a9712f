import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeOrigin, groupSettings, isChanged } from './settings-groups.ts'

const setting = (name: string) => ({ name, value: 'x', origin: 'default', default: 'x' })

test('groupSettings: keeps every setting once, in order, under the longest beginning that fits', () => {
  const names = [
    'REGISTRY_HOST',
    'REGISTRY_RATE_KEY',
    'FEDERATION_ENABLED',
    'REGISTRY_PORT',
    'REDIS_URL',
    'PORT',
  ]
  const groups = groupSettings(names.map(setting))
  assert.deepEqual(
    groups.map(({ title, settings }) => [title, settings.map(({ name }) => name)]),
    [
      ['Registry', ['REGISTRY_HOST', 'REGISTRY_PORT']],
      ['Rate limits', ['REGISTRY_RATE_KEY']],
      ['Federation', ['FEDERATION_ENABLED']],
      ['Database and cache', ['REDIS_URL']],
      ['Others', ['PORT']],
    ],
  )
})

test('isChanged: a setting that was given as it is by default is none', () => {
  assert.equal(isChanged({ ...setting('REGISTRY_PORT'), origin: 'env' }), false)
  assert.equal(isChanged({ ...setting('REGISTRY_PORT'), origin: 'env', default: 'y' }), true)
})

test('describeOrigin: leaves a word it does not know as it is', () => {
  assert.equal(describeOrigin('env'), 'environment')
  assert.equal(describeOrigin('moon'), 'moon')
})
