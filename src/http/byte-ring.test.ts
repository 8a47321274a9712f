import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createByteRing, type RingPlace } from './byte-ring.ts'

test('what is given out stays what it was, whatever is put over it', () => {
  const ring = createByteRing(10)
  const place = ring.put(Buffer.from('12345678'))
  const taken = ring.take(place)
  ring.put(Buffer.from('abcdefgh'))
  assert.equal(taken?.toString(), '12345678')
  assert.equal(ring.take(place), undefined)
})

test('more than it holds is refused, as much as it holds is kept, and so is nothing', () => {
  const ring = createByteRing(4)
  assert.throws(() => ring.put(Buffer.alloc(5)), RangeError)
  const [full, empty] = [ring.put(Buffer.from('full')), ring.put(Buffer.alloc(0))]
  assert.equal(ring.take(full)?.toString(), 'full')
  assert.equal(ring.take(empty)?.length, 0)
})

test('whatever is put: what is taken is what was put, and the newest that fit together are there', () => {
  const pieces = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 60 })
  fc.assert(
    fc.property(pieces, (all) => {
      const ring = createByteRing(100)
      const places: RingPlace[] = []
      for (const piece of all) {
        places.push(ring.put(piece))
        let sum = 0
        for (let at = places.length - 1; at >= 0; at -= 1) {
          const [put, place] = [all[at], places[at]]
          if (put === undefined || place === undefined) throw new Error('every piece has its place')
          const taken = ring.take(place)
          if (taken !== undefined) assert.deepEqual(new Uint8Array(taken), put)
          sum += put.length
          // At the end of the ring, less than the largest piece is left unused.
          if (sum <= 60) assert.notEqual(taken, undefined)
        }
      }
    }),
  )
})
