import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Caller, createLocalRule } from './local-caller.ts'

const isLocal = createLocalRule('http://localhost:8000')

function caller(changes: Partial<Caller>): Caller {
  const ip = '127.0.0.1'
  return { ip, socket: { remoteAddress: ip }, headers: { host: '127.0.0.1:8000' }, ...changes }
}

test('a program on this machine is local, by IPv4, IPv6 or name', () => {
  assert.equal(isLocal(caller({})), true)
  assert.equal(isLocal(caller({ ip: '::1', socket: { remoteAddress: '::1' } })), true)
  assert.equal(isLocal(caller({ ip: '::ffff:127.0.0.1' })), true)
  for (const host of ['localhost:8000', '[::1]:8000', '127.8.8.8']) {
    assert.equal(isLocal(caller({ headers: { host } })), true, host)
  }
})

test('a caller from elsewhere is not local, whatever host it names', () => {
  for (const ip of ['203.0.113.9', '10.0.0.1', '2001:db8::1', '']) {
    assert.equal(isLocal(caller({ ip, socket: { remoteAddress: ip } })), false, ip)
  }
  assert.equal(isLocal(caller({ socket: { remoteAddress: '203.0.113.9' } })), false)
  assert.equal(isLocal(caller({ socket: {} })), false)
})

test('what a proxy on this machine passes on is not local', () => {
  for (const name of ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip']) {
    assert.equal(isLocal(caller({ headers: { host: 'localhost', [name]: '127.0.0.1' } })), false, name)
  }
})

test('nobody is local to a registry with a published address: its proxy may add no header', () => {
  const isLocalThere = createLocalRule('https://registry.example')
  assert.equal(isLocalThere(caller({})), false)
})

test('a page whose host name was pointed at this machine is not local', () => {
  for (const host of ['evil.example:8000', 'localhost.evil.example', '127.0.0.1.evil.example', '']) {
    assert.equal(isLocal(caller({ headers: { host } })), false, host)
  }
  assert.equal(isLocal(caller({ headers: {} })), false)
})
