/**
 * Words as numbers, so that a record which many searches find is taken apart once and then costs each of them next to
 * nothing: a few bytes a word to keep, and one look-up a word to score.
 */
import { computeImpact, type ScorableRecord, type TermImpact } from './score.ts'
import { copyForm, eachForm, initialOf, mayBegin, type QueryTerms, type Token, toToken } from './tokenize.ts'

/** A record's words in order of their weight, repeats included. Made by `WordReader.read`. */
export type RecordWords = {
  /** Of the vocabulary that has the numbers, by which it is told from others: a record must not keep one that is given up. */
  readonly generation: number
  readonly numbers: Uint32Array
  /** Where the words of weight 3 (name) end, and those of weight 2 (tags, type, organization). */
  readonly ends: readonly [number, number]
}

/** Numbers for words; they hold as long as the vocabulary does. */
type Vocabulary = {
  readonly generation: number
  readonly numberOf: Map<string, number>
  readonly tokens: Word[]
  /** Numbers by the first letter of the stem: whatever a search has to do with begins like one of its words. */
  readonly byInitial: Map<string, number[]>
  /** Of all words together, in characters. */
  length: number
}

/** A token, and its form as the list that most terms have as their forms: one for all of them. */
type Word = Token & { readonly forms: readonly [string] }

/**
 * The terms of a record that a search has to do with, and what they are worth in it.
 * @throws Error for words that are no longer current.
 */
export type RelevantTerms = (words: RecordWords) => TermImpact[]

export interface WordReader {
  read(record: ScorableRecord): RecordWords
  /** Whether the numbers still hold. A full vocabulary is given up as a whole: read the record again. */
  isCurrent(words: RecordWords): boolean
  /** All terms of a record, in the order of their first words. @throws Error for words that are no longer current. */
  termsOf(words: RecordWords): TermImpact[]
  /** For one search over many records; the terms are in no particular order, nor are their forms. */
  relevantTo(query: QueryTerms): RelevantTerms
}

/** Words of people's texts are half as long; what is longer in all is made to be. */
const USUAL_LENGTH = 16

/**
 * @param maxWords who sends words must not choose how much memory is kept; 60,000 of at most 16 characters, or fewer
 *   that are longer, are about 8 MB.
 */
export function createWordReader(maxWords = 60_000): WordReader {
  let vocabulary = emptyVocabulary(0)
  let scratch = new Uint32Array(1_024)
  let length = 0

  const take = (form: string): void => {
    if (length === scratch.length) {
      const larger = new Uint32Array(2 * length)
      larger.set(scratch)
      scratch = larger
    }
    scratch[length] = numberIn(vocabulary, form)
    length += 1
  }

  return {
    read(record) {
      const { generation, tokens } = vocabulary
      const isFull = tokens.length >= maxWords || vocabulary.length >= USUAL_LENGTH * maxWords
      if (isFull) vocabulary = emptyVocabulary(generation + 1)
      length = 0
      eachForm(record.name, take)
      const endOfName = length
      for (const tag of record.tags) eachForm(tag, take)
      eachForm(record.agentType, take)
      if (record.providerOrganization !== null) eachForm(record.providerOrganization, take)
      const endOfTags = length
      eachForm(record.description, take)
      for (const { name, description } of record.skills) {
        eachForm(name, take)
        eachForm(description, take)
      }
      const { generation: current } = vocabulary
      return { generation: current, numbers: scratch.slice(0, length), ends: [endOfName, endOfTags] }
    },
    isCurrent: ({ generation }) => generation === vocabulary.generation,
    termsOf: (words) => collectAll(words, vocabulary),
    relevantTo: (query) => collectRelevant(query, () => vocabulary),
  }
}

function emptyVocabulary(generation: number): Vocabulary {
  return { generation, numberOf: new Map(), tokens: [], byInitial: new Map(), length: 0 }
}

function numberIn(vocabulary: Vocabulary, found: string): number {
  const { numberOf, tokens, byInitial } = vocabulary
  const known = numberOf.get(found)
  if (known !== undefined) return known
  const number = tokens.length
  const form = copyForm(found)
  numberOf.set(form, number)
  const token = toToken(form)
  tokens.push({ ...token, forms: [form] })
  const initial = initialOf(token.stem)
  const alike = byInitial.get(initial)
  if (alike === undefined) byInitial.set(initial, [number])
  else alike.push(number)
  vocabulary.length += form.length
  return number
}

const GIVEN_UP = 'the words are of a vocabulary given up'
const ROOM_FOR_NEW = 1_024
const UNKNOWN = 0
const IRRELEVANT = 1
const RELEVANT = 2

function collectRelevant(query: QueryTerms, currentVocabulary: () => Vocabulary): RelevantTerms {
  // By word: looked at once a search, however many records hold it.
  let seen: { readonly generation: number; readonly relevance: Uint8Array } | null = null

  const relevanceIn = (vocabulary: Vocabulary): Uint8Array => {
    const { generation, tokens } = vocabulary
    if (seen?.generation === generation && seen.relevance.length >= tokens.length) return seen.relevance
    // With room for more: records that nobody has seen bring new words, one after the other.
    const relevance = new Uint8Array(tokens.length + ROOM_FOR_NEW)
    if (seen?.generation === generation) relevance.set(seen.relevance)
    else setAsideUnlike(query, vocabulary, relevance)
    seen = { generation, relevance }
    return relevance
  }

  return ({ generation, numbers, ends }) => {
    const vocabulary = currentVocabulary()
    if (generation !== vocabulary.generation) throw new Error(GIVEN_UP)
    const relevance = relevanceIn(vocabulary)
    const found = new CountedTerms()
    for (let at = 0; at < numbers.length; at += 1) {
      const number = numbers[at] ?? 0
      // Most words are known to be of no interest: this line is all that they cost.
      if (relevance[number] === IRRELEVANT) continue
      const token = vocabulary.tokens[number]
      if (token === undefined) continue
      if (relevance[number] === UNKNOWN) {
        relevance[number] = isRelevant(token, query) ? RELEVANT : IRRELEVANT
        if (relevance[number] === IRRELEVANT) continue
      }
      found.count(token, weightAt(at, ends))
    }
    // These stay with the record, and a list that grew has room for sixteen more.
    return found.impactsAmong(numbers.length).slice()
  }
}

/** Words that begin unlike all words of the search need no look; those that begin alike, and new ones, are looked at. */
function setAsideUnlike(
  { terms, prefix }: QueryTerms,
  { tokens, byInitial }: Vocabulary,
  relevance: Uint8Array,
): void {
  relevance.fill(IRRELEVANT, 0, tokens.length)
  for (const initial of new Set([...terms, prefix ?? ''].map(initialOf))) {
    for (const number of byInitial.get(initial) ?? []) relevance[number] = UNKNOWN
  }
}

function collectAll(
  { generation, numbers, ends }: RecordWords,
  { generation: current, tokens }: Vocabulary,
): TermImpact[] {
  if (generation !== current) throw new Error(GIVEN_UP)
  const found = new CountedTerms()
  numbers.forEach((number, at) => {
    const word = tokens[number]
    if (word !== undefined) found.count(word, weightAt(at, ends))
  })
  return found.impactsAmong(numbers.length)
}

/** A word of the name counts three times, one of tags, type and organization twice. */
function weightAt(at: number, ends: RecordWords['ends']): number {
  if (at < ends[0]) return 3
  return at < ends[1] ? 2 : 1
}

/** A term while it is counted: `impact` holds its weighted frequency until all words are seen. */
type CountedTerm = { readonly stem: string; impact: number; forms: readonly string[] }

/** All words of a stem count for an unfinished word as soon as one of them begins with it, so stems are looked at. */
function isRelevant({ stem }: Token, { terms, prefix }: QueryTerms): boolean {
  return terms.includes(stem) || (prefix !== null && mayBegin(prefix, stem))
}

const FEW_TERMS = 32

/** The terms of one record while they are counted, in the order of their first words. */
class CountedTerms {
  readonly #terms: CountedTerm[] = []
  /** A look through few is cheaper than a map. Who sends records may send one of many thousand, all alike. */
  #byStem: Map<string, CountedTerm> | null = null

  count({ stem, form, forms }: Word, weight: number): void {
    const known = this.#find(stem)
    if (known === undefined) {
      this.#add({ stem, impact: weight, forms })
      return
    }
    known.impact += weight
    if (!known.forms.includes(form)) known.forms = [...known.forms, form]
  }

  /** @param length how many words the record has, repeats included. */
  impactsAmong(length: number): TermImpact[] {
    for (const term of this.#terms) term.impact = computeImpact(term.impact, length)
    return this.#terms
  }

  #find(stem: string): CountedTerm | undefined {
    if (this.#byStem !== null) return this.#byStem.get(stem)
    for (const term of this.#terms) if (term.stem === stem) return term
    return undefined
  }

  #add(term: CountedTerm): void {
    this.#terms.push(term)
    if (this.#byStem !== null) this.#byStem.set(term.stem, term)
    else if (this.#terms.length > FEW_TERMS) this.#byStem = new Map(this.#terms.map((one) => [one.stem, one]))
  }
}
