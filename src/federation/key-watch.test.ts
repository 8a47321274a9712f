import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clock, makePeer, NOW, openLoopback, sendJson, serve } from '../../test/support/federation.ts'
import type { Peer } from '../domain/peer.ts'
import { canonicalJwk, mintKeyPair, type PublicKey, readPublicKey } from '../security/ed25519-key.ts'
import { makeRegistryDocument } from '../security/registry-document.ts'
import { createKeyWatch, keysSeen } from './key-watch.ts'

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

/** A registry that shows these keys, whole pairs of them. */
async function serveDocument(...pairs: ReturnType<typeof mintKeyPair>[]) {
  const server = await serve((request, response) => {
    const origin = `http://${request.headers.host}`
    const keys = pairs.map((pair) => ({ ...pair, createdAt: NOW, signsFrom: NOW, publishedUntil: null }))
    sendJson(response, makeRegistryDocument(origin, keys, clock.now()))
  })
  return server
}

test('the watch looks at the peers that are known by a key, and tells of a new one once', async () => {
  const [known, next] = [mintKeyPair(), mintKeyPair()]
  await using changed = await serveDocument(known, next)
  await using same = await serveDocument(known)
  await using silent = await serve((_request, response) => void response.writeHead(500).end())
  await using keyless = await serveDocument(known)
  await using disabled = await serveDocument(known)
  const publicKey = canonicalJwk(known.x)
  const peers = [
    makePeer(changed.url, { publicKey }),
    makePeer(same.url, { publicKey }),
    makePeer(silent.url, { publicKey }),
    makePeer(keyless.url),
    makePeer(disabled.url, { publicKey, isActive: false }),
    makePeer('http://127.0.0.1:1', { publicKey, isActive: false, isInboundActive: true }),
  ]
  const recorded: unknown[] = []
  const offered: unknown[] = []
  const faults: unknown[] = []
  await using outbound = openLoopback()
  const watch = createKeyWatch({
    peers: {
      list: async () => peers,
      recordKeys: async (id, seen) => {
        recorded.push([id, seen.offered])
        if (id === peers[1]?.id) throw new Error('the database is down')
      },
    },
    ...{ outbound, clock },
    events: {
      keyOffered: (peer, key) => void offered.push([peer.id, key.isAnnounced]),
      fault: (error) => void faults.push(error),
    },
  })
  const never = new AbortController().signal
  await watch.watch(never)
  const key = { publicKey: canonicalJwk(next.x), isAnnounced: true }
  const byId = (one: unknown, other: unknown) => String(one).localeCompare(String(other))
  assert.deepEqual(
    recorded.sort(byId),
    [
      [peers[0]?.id, key],
      [peers[1]?.id, null],
    ].sort(byId),
  )
  assert.deepEqual(offered, [[peers[0]?.id, true]])
  assert.equal(faults.length, 1)
  assert.deepEqual([keyless.requests.length, disabled.requests.length], [0, 0])
  // Told of already: noted again, not told again.
  await watch.look(makePeer(changed.url, { publicKey, offeredKey: { ...key, seenAt: NOW } }), never)
  assert.equal(offered.length, 1)
  await watch.watch(AbortSignal.abort())
  assert.equal(changed.requests.length, 2)
})
