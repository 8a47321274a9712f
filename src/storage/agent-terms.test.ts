import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createScorer, pseudoTerm, scoreTerms, type TermImpact } from '../search/score.ts'
import { parseQuery, tokenize } from '../search/tokenize.ts'
import { decodeTerms, encodeTerms, findImpact, findPrefixImpact } from './agent-terms.ts'

const anyText = fc.oneof(
  fc
    .array(
      fc.constantFrom(
        'run',
        'running',
        'runs',
        'c++',
        'C#',
        'café',
        '数据库',
        'перевод',
        '𝒳yz',
        'अनुवाद',
        '2',
        'x',
      ),
      { maxLength: 8 },
    )
    .map((words) => words.join(' ')),
  fc.string({ unit: 'binary', maxLength: 60 }),
)

const anyTerms = fc
  .record({
    name: anyText,
    description: anyText,
    agentType: fc.constant('a2a'),
    tags: fc.array(anyText, { maxLength: 3 }),
    providerOrganization: fc.option(anyText),
    skills: fc.array(fc.record({ name: anyText, description: anyText }), { maxLength: 2 }),
  })
  .map((record) => scoreTerms(record))

/** What the scorer takes for an unfinished word: the only thing in the query that has weight. */
function prefixImpact(terms: readonly TermImpact[], prefix: string) {
  const scorer = createScorer(
    { terms: [], prefix },
    { documents: 1, documentFrequency: new Map([[pseudoTerm(prefix), 1]]) },
  )
  return scorer.scoreImpacts(terms) / scorer.prefixWeight
}

test('encodeTerms and decodeTerms: any record’s terms come back the same, to the last bit', () => {
  fc.assert(
    fc.property(anyTerms, (terms) => {
      assert.deepEqual(decodeTerms(encodeTerms(terms)), terms)
    }),
  )
  assert.deepEqual(decodeTerms(encodeTerms([])), [])
})

test('findImpact: gives each stem its impact and 0 to what is no stem of the record', () => {
  fc.assert(
    fc.property(anyTerms, anyText, (terms, search) => {
      const text = encodeTerms(terms)
      const impacts = new Map(terms.map(({ stem, impact }) => [stem, impact]))
      for (const stem of [...impacts.keys(), ...parseQuery(search).terms]) {
        assert.equal(findImpact(text, stem), impacts.get(stem) ?? 0, stem)
      }
    }),
  )
})

test('findImpact: neither a word before stemming, nor a part of a stem, nor its impact is a stem', () => {
  const text = encodeTerms([
    { stem: 'run', impact: 1.5, forms: ['running', 'runs'] },
    { stem: 'runner', impact: 2, forms: ['runner'] },
  ])
  assert.equal(findImpact(text, 'run'), 1.5)
  for (const other of ['running', 'runs', 'ru', 'unner', '2', '1.5', '1'])
    assert.equal(findImpact(text, other), 0)
})

test('findPrefixImpact: takes what the scorer takes for an unfinished word', () => {
  fc.assert(
    fc.property(anyTerms, anyText, (terms, search) => {
      const text = encodeTerms(terms)
      const words = [...terms.flatMap(({ forms }) => forms), ...tokenize(search).map(({ form }) => form)]
      const prefixes = words.flatMap((word) =>
        [...word].map((_, place, all) => all.slice(0, place + 1).join('')),
      )
      for (const prefix of prefixes) {
        const [found, expected] = [findPrefixImpact(text, prefix), prefixImpact(terms, prefix)]
        assert.ok(Math.abs(found - expected) < 1e-12, prefix)
      }
    }),
    { numRuns: 50 },
  )
})

test('findPrefixImpact: of several stems the largest impact counts, and words begin where they begin', () => {
  const text = encodeTerms([
    { stem: 'gener', impact: 0.5, forms: ['general', 'generate'] },
    { stem: 'genet', impact: 0.75, forms: ['genetic'] },
    { stem: 'xgen', impact: 2.5, forms: ['xgen'] },
  ])
  assert.equal(findPrefixImpact(text, 'gen'), 0.75)
  assert.equal(findPrefixImpact(text, 'generat'), 0.5)
  assert.equal(findPrefixImpact(text, 'genes'), 0)
  assert.equal(findPrefixImpact(encodeTerms([]), 'gen'), 0)
})
