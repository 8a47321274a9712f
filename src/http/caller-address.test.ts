import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseNetworks } from '../security/addresses.ts'
import { callerAddress, countedAddress, trustNetworks } from './caller-address.ts'

test('addresses of one IPv6 /64 are one caller, those of another are not', () => {
  assert.equal(countedAddress('2001:db8:1:2::1'), countedAddress('2001:db8:1:2:ffff::9'))
  assert.notEqual(countedAddress('2001:db8:1:2::1'), countedAddress('2001:db8:1:3::1'))
  assert.equal(countedAddress('fe80::1%eth0'), 'fe80:0:0:0::/64')
})

test('an IPv4 address counts alone, also where a socket reports it in mapped form', () => {
  assert.equal(countedAddress('203.0.113.9'), '203.0.113.9')
  assert.equal(countedAddress('::ffff:203.0.113.9'), '203.0.113.9')
})

test('only addresses inside the trusted networks are proxies of ours', () => {
  const isProxy = trustNetworks(parseNetworks(['10.0.0.0/8']))
  assert.equal(isProxy('10.1.2.3'), true)
  assert.equal(isProxy('::ffff:10.1.2.3'), true)
  assert.equal(isProxy('203.0.113.9'), false)
  assert.equal(isProxy('unknown'), false)
  assert.equal(trustNetworks(parseNetworks([]))('127.0.0.1'), false)
})

test('the caller is the nearest address that no proxy of ours stands for', () => {
  const isProxy = trustNetworks(parseNetworks(['10.0.0.0/8']))
  const callerOf = (connection: string, forwardedFor?: string) =>
    callerAddress(connection, forwardedFor, isProxy)
  assert.equal(callerOf('10.0.0.1'), '10.0.0.1')
  assert.equal(callerOf('10.0.0.1', '203.0.113.9'), '203.0.113.9')
  // Whoever sends the header without a proxy in between is not believed, nor is what lies behind a stranger.
  assert.equal(callerOf('198.51.100.7', '203.0.113.9'), '198.51.100.7')
  assert.equal(callerOf('10.0.0.1', '192.0.2.1, 203.0.113.9, 10.0.0.2'), '203.0.113.9')
  assert.equal(callerOf('10.0.0.1', '10.0.0.3,10.0.0.2'), '10.0.0.3')
})
