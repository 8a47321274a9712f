import { LRUCache } from 'lru-cache'
import { stemmer } from 'stemmer'

/**
 * What words a text holds, by rule `bm25-1`.
 *
 * Every registry must find the same tokens in the same text, or scores cannot be compared: change nothing
 * here without a new rule name. The rule for other implementers is in `FEDERATION.md`, its test vectors in
 * `test/vectors/bm25-1.json`.
 */
export type Token = {
  /** The normalised token before stemming; only a query's last word is compared with it. */
  readonly form: string
  /** What index and query hold; equal to `form` unless that is an English-looking word. */
  readonly stem: string
}

export type Tokenize = (text: string) => Token[]

/** What a search text asks for. */
export type QueryTerms = {
  /** Distinct stems, in the order they were first seen. */
  readonly terms: readonly string[]
  /** The unstemmed last token, of two or more characters, if the user may still be typing it; else null. */
  readonly prefix: string | null
}

/** The tokens of a text, in order and with repeats. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = []
  eachForm(text, (form) => tokens.push(toToken(form)))
  return tokens
}

/** The token of a form that `eachForm` found. */
export function toToken(form: string): Token {
  return { form, stem: stemForm(form) }
}

/** The form as a text of its own: as it was found, it keeps in memory the whole text that it was found in. */
export function copyForm(form: string): string {
  return form.length < SHORTEST_SLICE ? form : Buffer.from(form).toString()
}

/** V8 copies shorter parts of a text, and of longer ones notes where they are (`SlicedString::kMinLength`). */
const SHORTEST_SLICE = 13

/**
 * A `tokenize` that remembers the tokens of at most `maxStems` words: the same result, several times as fast over
 * many records, which then share the texts of their words. A full memory is emptied, which costs less than keeping track of use.
 */
export function createTokenizer(maxStems = 20_000): Tokenize {
  const tokens = new Map<string, Token>()
  const recall = (form: string): Token => {
    const known = tokens.get(form)
    if (known !== undefined) return known
    if (form.length > LONGEST_REMEMBERED) return toToken(form)
    const token = toToken(copyForm(form))
    if (tokens.size >= maxStems) tokens.clear()
    tokens.set(token.form, token)
    return token
  }
  return (text) => {
    const tokens: Token[] = []
    eachForm(text, (form) => tokens.push(recall(form)))
    return tokens
  }
}

// Characters. Longer words are rarely seen twice, and who sends them must not choose how much memory is kept.
const LONGEST_REMEMBERED = 32

/** Searches under way at one time; each is read for every answer that comes. */
const REMEMBERED_QUERIES = 16
const readQueries = new LRUCache<string, QueryTerms>({ max: REMEMBERED_QUERIES })

/** Reads a search text as typed: white space at its end says that the last word is complete. */
export function parseQuery(search: string): QueryTerms {
  const known = readQueries.get(search)
  if (known !== undefined) return known
  const query = readQuery(search)
  readQueries.set(search, query)
  return query
}

function readQuery(search: string): QueryTerms {
  const tokens = tokenize(search)
  const last = ENDS_IN_SPACE.test(search) ? undefined : tokens.at(-1)
  return {
    terms: [...new Set(tokens.map((token) => token.stem))],
    prefix: last !== undefined && hasTwoCharacters(last.form) ? last.form : null,
  }
}

/** What words are told apart by at a glance: the first UTF-16 code unit of a form or stem. */
export function initialOf(term: string): string {
  return term.slice(0, 1)
}

/**
 * Whether words with this stem may begin with an unfinished word. Stemming takes endings away, and what is put in their
 * place differs in one letter at most from what stood there: `happy` is `happi`, `scraping` is `scrape`.
 */
export function mayBegin(prefix: string, stem: string): boolean {
  const alike = Math.max(1, Math.min(prefix.length, stem.length - 1))
  return stem.startsWith(prefix.slice(0, alike))
}

const ENDS_IN_SPACE = /\p{White_Space}$/u

/** A character is a code point: a letter beyond U+FFFF is one, though its string has length 2. */
function hasTwoCharacters(form: string): boolean {
  return form.length > String.fromCodePoint(form.codePointAt(0) ?? 0).length
}

/**
 * One spelling for texts that differ in width, case, composition or Latin, Greek and Cyrillic accents:
 * NFKC, lower case, `ς` as `σ`, NFD, without U+0300–036F, NFC (Unicode Standard Annex 15). Idempotent.
 * Other marks stay: vowels of Hindi and Thai and voicing of kana are marks too.
 */
export function normalizeText(text: string): string {
  if (IS_ASCII.test(text)) return text.toLowerCase()
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll('ς', 'σ')
    .normalize('NFD')
    .replace(ACCENTS, '')
    .normalize('NFC')
}

const IS_ASCII = /^[\x00-\x7f]*$/
const ACCENTS = /[\u0300-\u036f]+/g

type Take = (form: string) => void

/** The forms of a text's tokens, in order and with repeats. */
export function eachForm(text: string, take: Take): void {
  const normalized = normalizeText(text)
  if (IS_ASCII.test(normalized)) {
    eachAsciiForm(normalized, take)
    return
  }
  for (const run of normalized.match(TOKEN) ?? []) {
    if (UNSPACED.test(run)) eachBigram(run, take)
    else take(run)
  }
}

/** The common case by hand: every record of every answer passes here, and a loop is twice as fast as a pattern. */
function eachAsciiForm(text: string, take: Take): void {
  let at = 0
  while (at < text.length) {
    const start = at
    while (isWordCode(text.charCodeAt(at))) at += 1
    if (at === start) {
      at += 1
      continue
    }
    // `c++` and `c#` keep their signs; `#` before a letter or digit begins a hashtag or an anchor instead.
    if (text.charCodeAt(at) === PLUS && text.charCodeAt(at + 1) === PLUS) at += 2
    else if (text.charCodeAt(at) === NUMBER_SIGN && !isWordCode(text.charCodeAt(at + 1))) at += 1
    take(text.slice(start, at))
  }
}

const PLUS = 0x2b
const NUMBER_SIGN = 0x23

/** a–z and 0–9. False beyond the end of a text, whose code is NaN. */
function isWordCode(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x30 && code <= 0x39)
}

// A run of a script written without spaces ends where another script begins, and takes no sign along.
const TOKEN =
  /[[\p{L}\p{N}\p{M}]&&[\p{scx=Hani}\p{scx=Hira}\p{scx=Kana}\p{scx=Hang}\p{scx=Thai}]]+|[[\p{L}\p{N}\p{M}]--[\p{scx=Hani}\p{scx=Hira}\p{scx=Kana}\p{scx=Hang}\p{scx=Thai}]]+(?:\+\+|#(?![\p{L}\p{N}]))?/gv

const UNSPACED = /^[\p{scx=Hani}\p{scx=Hira}\p{scx=Kana}\p{scx=Hang}\p{scx=Thai}]/u

/** Overlapping pairs of characters stand in for words where a script does not separate them. */
function eachBigram(run: string, take: Take): void {
  let previous: string | undefined
  let isLone = true
  for (const character of run) {
    if (previous !== undefined) {
      take(previous + character)
      isLone = false
    }
    previous = character
  }
  if (isLone) take(run)
}

/**
 * Porter's stemmer as its author published it in C (the 1980 paper, with `bli` for `abli` and with `logi`).
 *
 * @see M. F. Porter, An algorithm for suffix stripping, Program 14 (3), 1980.
 */
function stemForm(form: string): string {
  return STEMMABLE.test(form) ? stemmer(form) : form
}

const STEMMABLE = /^[a-z]{4,}$/
