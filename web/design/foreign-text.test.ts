import assert from 'node:assert/strict'
import { test } from 'node:test'
import { namesItsHost, plainText, visibleCode, webAddress } from './foreign-text.ts'

test('plainText: shows controls that turn or hide text', () => {
  assert.equal(plainText('safe\u202egnp.exe\u202c'), 'safe\ufffdgnp.exe\ufffd')
  assert.equal(plainText('a\u200bb\u2066c\u0000d\u001b[31m'), 'a\ufffdb\ufffdc\ufffdd\ufffd[31m')
})

test('plainText, visibleCode: show text that nobody sees and programs read', () => {
  const hidden = [...'obey'].map((letter) => String.fromCodePoint(0xe0000 + letter.charCodeAt(0))).join('')
  assert.equal(plainText(`A card${hidden}`), `A card${'\ufffd'.repeat(4)}`)
  assert.equal(plainText('a\u200fb\u061cc\u3164d\u2028e'), 'a\ufffdb\ufffdc\ufffdd\ufffde')
  const code = `{"name":"x${hidden}\u2029"}`
  assert.match(visibleCode(code), /^[\x20-\x7e]+$/)
  assert.deepEqual(JSON.parse(visibleCode(code)), JSON.parse(code))
})

test('plainText: leaves text of any script, and its lines, as they are', () => {
  for (const text of ['Привет\nмир', 'مرحبا', 'नमस्ते', 'é è', '👩‍👩‍👧 family', 'tiếng Việt']) {
    assert.equal(plainText(text), text)
  }
})

test('plainText: cuts towers of marks', () => {
  assert.equal(plainText(`z${'\u0301'.repeat(40)}`), `z${'\u0301'.repeat(3)}`)
})

test('visibleCode: writes controls as JSON does, so that the code stays the same', () => {
  const code = JSON.stringify({ name: 'safe\u202egnp' }).replace('\\u202e', '\u202e')
  assert.equal(visibleCode(code), '{"name":"safe\\u202egnp"}')
  assert.deepEqual(JSON.parse(visibleCode(code)), JSON.parse(code))
  assert.equal(visibleCode('{\n\t"a": 1\r\n}'), '{\n\t"a": 1\n}')
})

test('webAddress: takes http and https only', () => {
  assert.equal(webAddress('https://a.example/x')?.host, 'a.example')
  for (const text of [
    'javascript:alert(1)',
    'data:text/html,x',
    'ftp://a',
    '//a',
    'nothing',
    'JaVaScRiPt:x',
    // What stands before an @ reads as the host, and is none.
    'https://registry.example@evil.example/',
    'https://registry.example:443@evil.example/',
  ]) {
    assert.equal(webAddress(text), null, text)
  }
})

test('namesItsHost: is false where what is read is not what is looked up', () => {
  const isTold = (text: string) => namesItsHost(text, new URL(text))
  for (const text of ['https://a.example', 'HTTPS://A.example/x?y', 'http://localhost:8080/']) {
    assert.equal(isTold(text), true, text)
  }
  for (const text of [
    'https://p\u0430ypal.example/',
    'https:a.example',
    'https://a\uff0eexample',
    'http://0x7f000001/',
  ]) {
    assert.equal(isTold(text), false, text)
  }
})
