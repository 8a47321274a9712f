import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mintDid } from '../../../src/cards/did.ts'
import type { AgentId } from '../../../src/domain/agent.ts'
import type { WireDiscoveredAgent } from '../../../src/wire/discovery.ts'
import { didOfCopy, differencesBetween, otherCopies } from './copies.ts'

const RECORD = {
  ...{
    id: '1',
    registry_name: 'Home',
    registry_url: 'https://h.example',
    name: 'A',
    description: '',
    agent_type: 'a2a',
  },
  ...{ version: null, status: 'active', successor_did: null, tags: ['b', 'a'], skills: [], endpoints: [] },
  ...{ provider: null, auth_schemes: [], also_in: [] },
} as unknown as WireDiscoveredAgent

const copy = (name: string, id: string) => ({
  ...{ registry_name: name, registry_url: `https://${name}.example`, id },
})

test('didOfCopy: is the DID that the registry itself makes', () => {
  for (const url of [
    'https://h.example',
    'http://127.0.0.1:8080',
    'https://h.example:8443/a/b',
    'http://[::1]:9',
  ]) {
    assert.equal(didOfCopy({ registry_url: url, id: '0199-7' }), mintDid(url, '0199-7' as AgentId), url)
  }
})

test('otherCopies: are found whichever record the search preferred', () => {
  const preferred = { ...RECORD, ...copy('other', '9'), also_in: [copy('h', '1'), copy('third', '3')] }
  assert.deepEqual(otherCopies(copy('h', '1'), [RECORD, preferred]), [copy('other', '9'), copy('third', '3')])
  assert.deepEqual(otherCopies(copy('h', '2'), [RECORD, preferred]), [])
})

test('differencesBetween: leaves out what all say, in whatever order', () => {
  const other = { ...RECORD, name: 'B', tags: ['a', 'b'] }
  assert.deepEqual(differencesBetween([RECORD, other]), [{ field: 'name', values: ['A', 'B'] }])
  assert.deepEqual(differencesBetween([RECORD]), [])
})
