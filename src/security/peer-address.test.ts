import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseNetworks } from './addresses.ts'
import { checkPeerAddress } from './peer-address.ts'

const NOBODY = parseNetworks([])
const LAN = parseNetworks(['10.0.0.0/8'])

/** What a name resolves to; nothing at all is a name that is not known. */
function resolving(...addresses: readonly string[]) {
  return async () => {
    if (addresses.length === 0) throw new Error('ENOTFOUND')
    return addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
  }
}

async function check(url: string, peerNetworks = NOBODY, resolve = resolving()): Promise<boolean> {
  return (await checkPeerAddress(url, { peerNetworks, resolve })).ok
}

test('checkPeerAddress: https to public addresses passes, and to names that do not resolve just now', async () => {
  assert.equal(await check('https://93.184.216.34'), true)
  assert.equal(
    await check('https://partner.example', NOBODY, resolving('93.184.216.34', '2606:2800::1')),
    true,
  )
  assert.equal(await check('https://partner.example'), true)
})

test('checkPeerAddress: one forbidden address among those of a name refuses it', async () => {
  for (const hidden of [
    '127.0.0.1',
    '10.0.0.1',
    '169.254.169.254',
    '::1',
    '::ffff:10.0.0.1',
    'fd00:ec2::254',
  ]) {
    assert.equal(
      await check('https://partner.example', NOBODY, resolving('93.184.216.34', hidden)),
      false,
      hidden,
    )
  }
})

test('checkPeerAddress: plain http is for peer networks alone', async () => {
  assert.equal(await check('http://10.1.2.3', LAN), true)
  assert.equal(await check('http://partner.lan', LAN, resolving('10.1.2.3')), true)
  assert.equal(await check('http://partner.lan', LAN), true)
  assert.equal(await check('http://partner.lan', LAN, resolving('93.184.216.34')), false)
  assert.equal(await check('http://93.184.216.34', LAN), false)
})

test('checkPeerAddress: without peer networks http is refused, even for a name that does not resolve', async () => {
  const refused = await checkPeerAddress('http://partner.example', {
    peerNetworks: NOBODY,
    resolve: resolving(),
  })
  assert.deepEqual(refused, {
    ok: false,
    detail: 'partner.example is outside REGISTRY_PEER_NETWORKS, and plain http is spoken only there.',
  })
})
