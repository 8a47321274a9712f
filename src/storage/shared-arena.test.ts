import assert from 'node:assert/strict'
import { test } from 'node:test'
import { scoreTerms } from '../search/score.ts'
import { SharedArena, type SharedRecord } from './shared-arena.ts'

function record(id: string): SharedRecord {
  const facts = { id, agentType: 'a2a', tags: new Set<string>(), provider: null }
  return { id, ordinal: Number(id), did: `did:web:r.example:${id}`, status: 'active', facts }
}

function termsOf(text: string) {
  return scoreTerms({
    name: text,
    description: '',
    agentType: 'a2a',
    tags: [],
    providerOrganization: null,
    skills: [],
  })
}

/** What the arena holds, by record: each stem with its worth, and the words. */
function read(arena: SharedArena): Map<string, unknown> {
  const { records, stems, impacts, forms, stemStarts, formStarts, words } = arena
  return new Map(
    [...records.entries()].flatMap(([slot, known]) => {
      if (known === undefined) return []
      const [first, end] = [stemStarts[slot] ?? 0, stemStarts[slot + 1] ?? 0]
      const own = [...stems.subarray(first, end)].map((stem, at) => [
        words.stemText(stem),
        impacts[first + at],
      ])
      return [
        [
          known.id,
          [
            own,
            formStarts[slot + 1] === undefined
              ? 0
              : forms.subarray(formStarts[slot], formStarts[slot + 1]).length,
          ],
        ],
      ]
    }),
  )
}

test('a record that is put in again is there once, as it is now', () => {
  const arena = new SharedArena()
  arena.put(record('1'), termsOf('old words here'))
  arena.put(record('2'), termsOf('others'))
  arena.put(record('1'), termsOf('new ones'))
  assert.equal(arena.size, 2)
  const held = read(arena)
  assert.deepEqual([...held.keys()].toSorted(), ['1', '2'])
  const [stems] = held.get('1') as [[string, number][]]
  assert.deepEqual(
    stems,
    termsOf('new ones').map(({ stem, impact }) => [stem, impact]),
  )
  arena.delete('1')
  arena.delete('3')
  assert.deepEqual([...read(arena).keys()], ['2'])
})

test('it is loose after many changes; tightened it holds the same, and takes more', () => {
  let arena = new SharedArena()
  for (let round = 0; round < 400; round += 1) {
    for (let id = 0; id < 5; id += 1)
      arena.put(record(String(id)), termsOf(`word${round} word${id} runs running`))
  }
  assert.equal(arena.isLoose, true)
  const before = read(arena)
  arena = arena.tightened()
  assert.deepEqual(read(arena), before)
  assert.deepEqual([arena.isLoose, arena.records.length], [false, 5])
  arena.put(record('9'), termsOf('more'))
  assert.equal(read(arena).size, 6)
})

test('words are found by how they begin, those that came later as well', () => {
  const { words } = new SharedArena()
  for (const text of ['run', 'runs', 'runner', 'rub', 'ru', 'über', 'z'])
    words.addForm(text, words.addStem(text))
  const found = (prefix: string) =>
    words.beginningWith(prefix).map((form) => words.stemText(words.stemOfForm(form)))
  assert.deepEqual(found('run').toSorted(), ['run', 'runner', 'runs'])
  assert.deepEqual(found('x'), [])
  assert.deepEqual(found('über'), ['über'])
  words.addForm('runt', words.addStem('runt'))
  assert.equal(found('run').length, 4)
  assert.equal(found('').length, 8)
})
