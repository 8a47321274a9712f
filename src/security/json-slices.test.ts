import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { sliceArray } from './json-slices.ts'

function slice(
  text: string,
  most = Number.POSITIVE_INFINITY,
): { readonly around: string; readonly elements: string[] } | undefined {
  const sliced = sliceArray(Buffer.from(text), 'agents', { mostElements: most })
  return (
    sliced && {
      around: Buffer.from(sliced.around).toString(),
      elements: sliced.elements.map(({ start, end }) => text.slice(start, end)),
    }
  )
}

test('elements are found where they stand, whatever their strings hold', () => {
  assert.deepEqual(slice(' {"a" : "]}", "agents": [ {"x":"}"} ,\n{"y":["\\"]}",{}]}], "n":null } '), {
    around: ' {"a" : "]}", "agents": [], "n":null } ',
    elements: ['{"x":"}"}', '{"y":["\\"]}",{}]}'],
  })
  assert.deepEqual(slice('{"agents":[]}'), { around: '{"agents":[]}', elements: [] })
  assert.deepEqual(slice('{"deep":{"agents":[{}]},"agents":[{}]}'), {
    around: '{"deep":{"agents":[{}]},"agents":[]}',
    elements: ['{}'],
  })
})

test('no more elements are taken out than asked for; the rest are passed over, whatever they are', () => {
  const text = `{"agents":[${Array.from({ length: 1_000_000 }, () => '{}').join()}]}`
  const sliced = sliceArray(Buffer.from(text), 'agents', { mostElements: 3 })
  assert.equal(sliced?.elements.length, 3)
  assert.equal(sliced?.hasMore, true)
  assert.equal(Buffer.from(sliced.around).toString(), '{"agents":[]}')
  assert.deepEqual(slice('{"agents":[{},["]"],1],"a":[]}', 1), {
    around: '{"agents":[],"a":[]}',
    elements: ['{}'],
  })
  assert.equal(slice('{"agents":[{},[1', 1), undefined)
  assert.equal(slice('{"agents":[{} {}]}', 1), undefined)
})

test('an object that is known is taken as such, and no other', () => {
  const text = '{"agents":[{"a":1},{"a":12},{"a":1}]}'
  const known = '{"a":1}'
  const asked: number[] = []
  const sliced = sliceArray(Buffer.from(text), 'agents', {
    mostElements: 2,
    recall(start) {
      asked.push(start)
      return text.startsWith(known, start) ? { start, end: start + known.length, known } : undefined
    },
  })
  assert.deepEqual(sliced?.elements, [
    { start: 11, end: 18, known },
    { start: 19, end: 27, known: undefined },
  ])
  assert.equal(sliced.hasMore, true)
  assert.deepEqual(asked, [11, 19], 'of no more than are wanted')
})

test('what could be read in another way is not sliced', () => {
  const texts = [
    ...['', '{', '[]', '"agents"', '{"agents":{}}', '{"agents":[1]}', '{"agents":[{}', '{"agents":[{} {}]}'],
    ...[
      '{"agents":[{},]}',
      '{"agents":[],"agents":[{}]}',
      '{"\\u0061gents":[{}],"agents":[]}',
      '{"other":[]}',
    ],
    ...['{"agents" [{}]}', '{"a":1 "agents":[]}', '{"agents":[{"x":"}]}'],
  ]
  for (const text of texts) assert.equal(slice(text), undefined, text)
})

test('property: the parts together say what the whole says', () => {
  const member = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 4 })
  const page = fc.record({ before: fc.jsonValue(), agents: fc.array(member), after: fc.jsonValue() })
  fc.assert(
    fc.property(page, fc.constantFrom(0, 2), (value, indent) => {
      const sliced = slice(JSON.stringify(value, null, indent))
      assert.ok(sliced)
      const agents = sliced.elements.map((element) => JSON.parse(element) as unknown)
      assert.deepEqual({ ...JSON.parse(sliced.around), agents }, JSON.parse(JSON.stringify(value)))
    }),
  )
})

test('property: cut or altered anywhere, it is never sliced into parts that say something else', () => {
  const whole = '{"agents":[{"a":"x,]}","b":[1,{}]},{"c":null}],"next_cursor":null}'
  fc.assert(
    fc.property(
      fc.nat(whole.length - 1),
      fc.constantFrom('', '"', '[', ']', '{', '}', ',', ':', '\\'),
      (at, put) => {
        const text = whole.slice(0, at) + put + whole.slice(at + 1)
        const sliced = slice(text)
        if (sliced === undefined) return
        const parse = (part: string): unknown => {
          try {
            return JSON.parse(part)
          } catch {
            return undefined
          }
        }
        const around = parse(sliced.around)
        const agents = sliced.elements.map(parse)
        const isGood = around !== undefined && !agents.includes(undefined)
        assert.deepEqual(isGood ? { ...(around as object), agents } : undefined, parse(text))
      },
    ),
  )
})
