/** Records made up by a seeded generator: several scripts, words in many forms, common and rare ones, many ties. */
import type { AgentFields, AgentStatus, OwnerId, Visibility } from '../../src/domain/agent.ts'
import { createRandom, type Random } from '../support/random.ts'
import { ANN, agentFields, BOB } from './agent-fixtures.ts'

/** Frequent words first; many share a stem, or the beginning of one. */
const WORDS: readonly string[] = [
  ...[
    'agent',
    'data',
    'search',
    'the',
    'for',
    'code',
    'translation',
    'translate',
    'translating',
    'translations',
  ],
  ...[
    'general',
    'generic',
    'generate',
    'generation',
    'generating',
    'generator',
    'database',
    'databases',
    'SQL',
  ],
  ...['run', 'running', 'runs', 'runner', 'universe', 'university', 'universal', 'node', 'nodes', 'Node.js'],
  ...[
    'C++',
    'C#',
    'café',
    'CAFE',
    'Übersetzung',
    'Łódź',
    'naïve',
    'ﬁne',
    'ＦＵＬＬ',
    'v2',
    '2026',
    '3d',
    'a',
    'x',
  ],
  ...['数据库', '东京タワー', '機械翻訳', '번역', '데이터베이스', 'แปลภาษา', 'ひ', 'ー'],
  ...[
    'Μετάφραση',
    'μεταφράσεις',
    'перевод',
    'переводчик',
    'Переводы',
    'ترجمة',
    'مترجم',
    'अनुवाद',
    'अनुवादक',
    'תרגום',
  ],
  ...[
    '𝒳yz',
    '𐐷𐐲𐑌',
    '𠀋',
    '👩‍🚀',
    '🤖bot',
    'don’t',
    '@scope/name_v2',
    'x*',
    'foo*bar',
    '100%',
    'a_b',
    "o'clock",
  ],
]

export type MadeRecord = { readonly owner: OwnerId; readonly fields: AgentFields }

export function makeRecords(seed: number, count: number): MadeRecord[] {
  const random = createRandom(seed)
  const records: MadeRecord[] = []
  while (records.length < count) {
    const twin = random.next() < 0.15 ? records[random.below(records.length)] : undefined
    const fields = twin?.fields ?? makeFields(random)
    records.push({ owner: random.pick([ANN, BOB]), fields: { ...fields, ...makeAudience(random) } })
  }
  return records
}

export function makeFields(random: Random): AgentFields {
  return agentFields(makeText(random, 1 + random.below(3)), {
    description: makeText(random, random.pick([0, 3, 8, 25, 80])),
    agentType: random.pick(['a2a', 'a2a', 'mcp-server', 'api']),
    tags: Array.from({ length: random.below(4) }, () => makeText(random, 1)),
    skills: Array.from({ length: random.below(3) }, (_, place) => ({
      id: `${place}`,
      name: makeText(random, 2),
      description: makeText(random, 6),
      tags: [],
    })),
    provider: random.pick([null, null, { organization: makeText(random, 2), url: null }]),
    endpoints: [{ url: `https://${random.below(2 ** 31)}.example`, protocol: 'http', binding: null }],
  })
}

export function makeAudience(random: Random): { visibility: Visibility; status: AgentStatus } {
  return {
    visibility: random.pick(['public', 'public', 'federated', 'local', 'private']),
    status: random.pick(['active', 'active', 'active', 'deprecated', 'disabled']),
  }
}

/** Words by a law of nature: the second half as frequent as the first, and so on. */
function makeText(random: Random, words: number): string {
  const picked = Array.from({ length: words }, () => {
    const place = Math.floor(WORDS.length ** random.next()) - 1
    return WORDS[place] ?? 'agent'
  })
  return picked.join(random.pick([' ', ' ', ', ', '-', '_']))
}

/** What people and programs type: finished and unfinished words, several at a time, every script of the records. */
export const QUERIES: readonly string[] = [
  ...[
    'agent',
    'agent ',
    'data agent',
    'agent data search code',
    'the',
    'a',
    'a ',
    'x',
    'zebra',
    'zebra ',
    'agent zebra',
  ],
  ...Array.from('translations', (_, place) => 'translations'.slice(0, place + 1)),
  ...[
    'translating',
    'translating ',
    'TRANSLATION Databases',
    'gener',
    'generi',
    'generati',
    'generating',
    'universi',
  ],
  ...[
    'univers',
    'unive',
    'ru',
    'runn',
    'running ',
    'c++',
    'c#',
    'c',
    'node.js',
    'node j',
    'cafe',
    'Café ',
    'caf',
  ],
  ...[
    'übersetz',
    'lodz',
    'łodz',
    'fine',
    'full',
    '2',
    '20',
    '3d ',
    '数据',
    '数据库',
    '数',
    '東京',
    '东京タワー',
    '翻訳',
  ],
  ...[
    '번역',
    '데이터',
    'แปล',
    'ひ',
    'ー',
    'μεταφρ',
    'ΜΕΤΆΦΡΑΣΗ',
    'перевод',
    'перевод ',
    'переводчик',
    'ترجم',
    'अनुवाद',
  ],
  ...[
    '𝒳y',
    '𐐷',
    '𐐷𐐲',
    '𠀋',
    '🤖',
    '🤖bo',
    "don't",
    'o’cl',
    '@scope/name_v2',
    'agent agent agent',
    'search. data!',
  ],
  ...[
    'a2a',
    'mcp-server',
    'agent translation database general running node university data the for code search',
  ],
]

/** What attackers type; none of it may fail, and most finds nothing. */
export const HOSTILE_QUERIES: readonly string[] = [
  ...[
    '',
    ' ',
    '\t\n',
    '\0',
    'agent\0',
    '\0agent',
    'ag\0ent',
    "'",
    "' or 1=1 --",
    '"agent"',
    'agent"; drop table agents',
  ],
  ...[
    '%',
    '_',
    'ag%',
    'a_ent',
    '*',
    'agent*',
    '\\',
    '\\u0000',
    '$1',
    '?',
    ':name',
    '{agent}',
    '[1,2]',
    'NULL',
    '\ufffd',
  ],
  ...[
    '\ud800',
    'agent\ud800',
    '\udc00agent',
    'ag\ud83dent',
    '\u{10ffff}',
    'agent\u{10ffff}',
    '\u202eagent',
    '🤖'.repeat(100),
  ],
  ...[
    'a'.repeat(200),
    'agent '.repeat(33),
    'é'.repeat(200),
    'ﬃ'.repeat(200),
    '\u0f77'.repeat(200),
    '\ufdfa'.repeat(200),
  ],
  ...[
    '数'.repeat(200),
    Array.from({ length: 100 }, (_, place) => String.fromCharCode(0x4e00 + place)).join(' '),
  ],
  ...[
    '\u0301'.repeat(200),
    `e${'\u0301'.repeat(199)}`,
    '𒀀'.repeat(100),
    '__proto__',
    'constructor',
    'toString hasOwnProperty',
  ],
]
