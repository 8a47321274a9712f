/** Misdeeds of statistics: figures that cannot be, that its own records disprove, and those that only are too large. */
import { listKeys } from '../../src/search/statistics.ts'
import { parseQuery } from '../../src/search/tokenize.ts'
import { buoy, page, respond } from './bytes.ts'
import type { Misdeed, Misdeeds, Question } from './misdeed.ts'

type Figures = {
  readonly scoring: unknown
  readonly documents: unknown
  readonly document_frequency: Readonly<Record<string, unknown>>
  readonly estimated?: unknown
}

/** Figures for the question asked, each word in as many records as said. */
function figuresFor(question: Question, documents: number, frequency: number): Figures {
  const search = new URL(question.target, question.url).searchParams.get('search') ?? ''
  const keys = listKeys(parseQuery(search))
  return {
    ...{ scoring: 'bm25-1', documents },
    document_frequency: Object.fromEntries(keys.map((key) => [key, frequency])),
  }
}

function telling(stats: (question: Question) => unknown): Misdeed['answer'] {
  return (question) =>
    respond(question.socket, page([buoy(question, 'one')], { search_stats: stats(question) }))
}

/** Figures of two records of which one has each word, but for what is changed; they count for nothing. */
function impossible(change: (figures: Figures) => unknown): Misdeed {
  return {
    answer: telling((question) => change(figuresFor(question, 2, 1))),
    outcome: 'answered',
    isPooled: true,
  }
}

/** Figures that may be true. */
function possible(documents: number, frequency: number): Misdeed {
  return {
    answer: telling((question) => figuresFor(question, documents, frequency)),
    outcome: 'answered',
    isPooled: false,
  }
}

const frequencies = (figures: Figures, change: (frequency: unknown, place: number) => unknown): object => ({
  ...figures,
  document_frequency: Object.fromEntries(
    Object.entries(figures.document_frequency).map(([key, value], place) => [key, change(value, place)]),
  ),
})

/** What is compared with: a peer with the same record and nothing to say of it. */
export const NO_FIGURES = 'no figures at all'

export const FIGURES: Misdeeds = {
  [NO_FIGURES]: { answer: telling(() => undefined), outcome: 'answered', isPooled: true },
  'figures: fewer records than it sent': impossible((figures) => ({
    ...frequencies(figures, () => 0),
    documents: 0,
  })),
  'figures: none of its records has the words they have': impossible((figures) =>
    frequencies(figures, () => 0),
  ),
  'figures: a million records, none with the words': impossible((figures) => ({
    ...frequencies(figures, () => 0),
    documents: 1_000_000,
  })),
  'figures: an estimate that its records disprove': {
    answer: (question) => {
      const records = ['one', 'two', 'three'].map((id) => buoy(question, id))
      const stats = { ...figuresFor(question, 1_000_000, 0), estimated: true }
      respond(question.socket, page(records, { search_stats: stats }))
    },
    ...{ outcome: 'answered', results: 3, isPooled: true },
  },
  'figures: more records with a word than records': impossible((figures) => frequencies(figures, () => 3)),
  'figures: of half a record': impossible((figures) => ({ ...figures, documents: 2.5 })),
  'figures: half a frequency': impossible((figures) => frequencies(figures, () => 1.5)),
  'figures: below zero': impossible((figures) => frequencies(figures, () => -1)),
  'figures: beyond exact numbers': impossible((figures) => ({ ...figures, documents: 2 ** 53 })),
  'figures: infinite': impossible((figures) => ({ ...figures, documents: 1e308 * 10 })),
  'figures: texts': impossible((figures) => ({ ...figures, documents: '2' })),
  'figures: a frequency in a list': impossible((figures) => frequencies(figures, () => [1])),
  'figures: a word is missing': impossible((figures) =>
    frequencies(figures, (frequency, place) => (place === 0 ? undefined : frequency)),
  ),
  'figures: of other words': impossible((figures) => ({ ...figures, document_frequency: { toString: 1 } })),
  'figures: of another rule': impossible((figures) => ({ ...figures, scoring: 'bm25-2' })),
  'figures: an estimate that is none': impossible((figures) => ({ ...figures, estimated: 'yes' })),
  'figures: all the world is made of these words': possible(2 ** 53 - 1, 2 ** 53 - 1),
  'figures: all the world, and one record has them': possible(2 ** 53 - 1, 1),
}
