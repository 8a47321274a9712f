import assert from 'node:assert/strict'
import { test } from 'node:test'
import { timeAwake } from '../../test/support/awake-time.ts'
import { hasMixedScripts } from './mixed-scripts.ts'

/** By what stands in them: written as escapes, since on the screen they are what they imitate. */
const IMITATIONS = {
  'a Cyrillic a in Latin': 'P\u0430yPal',
  'a Greek omicron in Latin, in the second word': 'Ask G\u03bfogle',
  'an Armenian letter in Latin': 'Ope\u0578AI',
  'a Cherokee letter in Latin': 'Cl\u13aaude',
  'a Latin a in Cyrillic': '\u042f\u043da\u0435\u043a\u0441',
  'Greek and Cyrillic': '\u03bf\u0430',
  'a Latin letter in Hebrew': '\u05e9\u05dco\u05dd',
  'a Cyrillic a beside an accent and digits': 'P\u0430\u0301y2Pal4',
  'Japanese and Korean': '\u3072\ud55c',
  'Bopomofo and Hiragana': '\u3105\u3072',
  'a Cyrillic letter in Latin and Han': 'AI\u7528\u0430',
}

for (const [what, name] of Object.entries(IMITATIONS)) {
  test(`hasMixedScripts: sees ${what}`, () => assert.ok(hasMixedScripts(name)))
}

const HONEST = {
  'plain ASCII': 'GitHub MCP-server v2.0 (beta) [x] #1',
  nothing: '',
  'accents, composed and not': 'Caf\u00e9 Cafe\u0301 Z\u00fcrich \u0141\u00f3d\u017a Ti\u1ebfng',
  'Cyrillic with a digit': '\u041f\u043e\u0433\u043e\u0434\u04302',
  'a word of each script': 'AI \u0430\u0433\u0435\u043d\u0442, \u03a9\u03bc\u03ad\u03b3\u03b1',
  'scripts on the two sides of a hyphen': 'AI-\u0430\u0433\u0435\u043d\u0442',
  'Latin, Han, Hiragana and Katakana': 'ChatGPT\u3067\u7ffb\u8a33\u3059\u308b\u30c4\u30fc\u30eb',
  'Latin and Han': '\u5fae\u4fe1Pay',
  'Latin, Han and Bopomofo': '\u4e2d\u6587ABC\u3105\u3106',
  'Latin, Han and Hangul': 'AI\ub3c4\uad6c\u6f22\u5b57',
  'Arabic and its digits': '\u0639\u0631\u0628\u064a\u0661\u0662',
  'Persian with a non-joiner': '\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645',
  'Devanagari with its marks': '\u0939\u093f\u0928\u094d\u0926\u0940',
  Thai: '\u0e44\u0e17\u0e22',
  Georgian: '\u10e5\u10d0\u10e0\u10d7\u10e3\u10da\u10d8',
  'a script of no living language': '\u{10380}\u{10381}',
  'Cherokee alone': '\u13a0\u13b2\u13be',
  'the micro sign': '\u00b5Torrent',
  'emoji and symbols': '\u{1f680}Launch\u2122 \u{1f469}\u200d\u{1f4bb}dev \u2192x',
  'mathematical letters': '\u{1d5d4}gent',
  'full-width letters': '\uff21\uff29\u7ffb\u8a33',
}

for (const [what, name] of Object.entries(HONEST)) {
  test(`hasMixedScripts: has nothing against ${what}`, () => assert.ok(!hasMixedScripts(name)))
}

test('hasMixedScripts: a long name of any kind is judged at once', async () => {
  const { ms } = await timeAwake(() => {
    for (const letter of ['\u0430', 'a\u0301', '\u{10380}', '\u30fc', '\u0951', 'a\u0430']) {
      for (const end of ['', 'x', '\u03b1\u05d0']) hasMixedScripts(letter.repeat(20_000) + end)
    }
  })
  assert.ok(ms < 2_000, `${ms} ms`)
})
