import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Peer } from '../domain/peer.ts'
import { canonicalJwk, mintKeyPair, type PublicKey, readPublicKey } from '../security/ed25519-key.ts'
import { keysSeen } from './key-watch.ts'

function makeKey(): PublicKey & { readonly text: string } {
  const text = canonicalJwk(mintKeyPair().x)
  const read = readPublicKey(text)
  assert.ok(read.ok)
  return { ...read.key, text }
}

const [a, b, c] = [makeKey(), makeKey(), makeKey()]

function seen(known: Partial<Pick<Peer, 'publicKey' | 'previousPublicKey'>>, ...keys: PublicKey[]) {
  const [first = a, ...others] = keys
  const peer = { publicKey: null, previousPublicKey: null, ...known }
  return keysSeen(peer, { origin: 'https://peer.example', keys: [first, ...others], schemes: [] })
}

test('keysSeen: the known key alone is no news', () => {
  assert.deepEqual(seen({ publicKey: a.text }, a), { offered: null, isPreviousShown: true })
})

test('keysSeen: a key beside the known one is announced by it, whichever of them signs', () => {
  for (const keys of [
    [a, b],
    [b, a],
  ]) {
    const { offered } = seen({ publicKey: a.text }, ...keys)
    assert.deepEqual(offered, { publicKey: b.text, isAnnounced: true })
  }
})

test('keysSeen: a key in place of the known one is announced by nobody, also if it is the one before', () => {
  assert.deepEqual(seen({ publicKey: a.text }, b).offered, { publicKey: b.text, isAnnounced: false })
  const back = seen({ publicKey: a.text, previousPublicKey: b.text }, b)
  assert.deepEqual(back, { offered: { publicKey: b.text, isAnnounced: false }, isPreviousShown: true })
})

test('keysSeen: the key before is no news beside the known one, and ends when the peer ends it', () => {
  const known = { publicKey: a.text, previousPublicKey: b.text }
  assert.deepEqual(seen(known, b, a), { offered: null, isPreviousShown: true })
  assert.deepEqual(seen(known, a), { offered: null, isPreviousShown: false })
  // What the known key has not signed ends nothing.
  assert.equal(seen(known, c).isPreviousShown, true)
})

test('keysSeen: a peer that is known by no key offers the one it signs with', () => {
  assert.deepEqual(seen({}, a, b).offered, { publicKey: a.text, isAnnounced: false })
})
