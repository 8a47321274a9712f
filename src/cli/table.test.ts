import assert from 'node:assert/strict'
import { test } from 'node:test'
import { displayWidth, truncate } from './display-width.ts'
import { renderTable } from './table.ts'

const COLUMNS = [{ title: 'NAME', canShrink: true }, { title: 'N', align: 'right' }, { title: 'ID' }] as const

test('a table aligns its columns, numbers at the right', () => {
  const rows = [
    ['short', '7', 'a'],
    ['a longer name', '1200', 'b'],
  ]
  assert.equal(
    renderTable(COLUMNS, rows, 80),
    ['NAME              N  ID', 'short             7  a', 'a longer name  1200  b', ''].join('\n'),
  )
})

test('East Asian characters and emoji take two columns, combining marks none', () => {
  assert.equal(displayWidth('翻訳'), 4)
  assert.equal(displayWidth('한국어'), 6)
  assert.equal(displayWidth('e\u0301t\u00e9'), 3)
  assert.equal(displayWidth('👩‍💻'), 2)
  assert.equal(displayWidth('🇨🇭'), 2)
  assert.equal(displayWidth('❤️'), 2)
  const lines = renderTable(
    COLUMNS,
    [
      ['翻訳エージェント', '1', 'x'],
      ['plain', '2', 'y'],
    ],
    80,
  ).split('\n')
  assert.deepEqual(
    lines.slice(1, 3).map((line) => displayWidth(line)),
    [22, 22],
  )
})

test('a text that is cut keeps whole characters and ends with an ellipsis', () => {
  assert.equal(truncate('翻訳エージェント', 7), '翻訳エ…')
  assert.equal(truncate('翻訳エージェント', 6), '翻訳…')
  assert.equal(truncate('abc', 3), 'abc')
  assert.equal(truncate('👩‍💻👩‍💻', 3), '👩‍💻…')
  assert.equal(truncate('abc', 0), '')
})

test('a table too wide for the terminal shrinks the columns that may, and only as far as they say anything', () => {
  const rows = [['a very long name that goes on and on', '1', '0199-aaaa']]
  const narrow = renderTable(COLUMNS, rows, 30)
  assert.ok(narrow.split('\n').every((line) => displayWidth(line) <= 30))
  assert.match(narrow, /^a very.*… {2}1 {2}0199-aaaa$/m)
  assert.match(renderTable(COLUMNS, rows, 5), /^a very…\s/m)
  assert.match(renderTable(COLUMNS, rows, Number.POSITIVE_INFINITY), /on and on/)
})

test('no control, escape or bidi character of a record reaches the terminal', () => {
  const attacks = [
    '\u001b[2J\u001b[31mred',
    '\u009b31mred',
    'a\rb',
    'two\nlines',
    '\u202egnp.exe',
    'bell\u0007',
    '\u001b]0;title\u0007',
    '\u{e0041}hidden',
  ]
  const table = renderTable(
    COLUMNS,
    attacks.map((attack) => [attack, attack, attack]),
    200,
  )
  assert.equal(table.split('\n').length, attacks.length + 2)
  assert.doesNotMatch(
    table,
    /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\u{e0000}-\u{e007f}]/u,
  )
  assert.match(table, /two lines/)
})
