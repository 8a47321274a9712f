import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chooseMediaType } from './accept.ts'

const OFFERED = ['application/json', 'text/event-stream', 'application/x-ndjson'] as const

const CHOICES: Readonly<Record<string, (typeof OFFERED)[number] | null>> = {
  '*/*': 'application/json',
  '': 'application/json',
  'application/json': 'application/json',
  'application/json; charset=utf-8': 'application/json',
  'APPLICATION/JSON': 'application/json',
  'application/*': 'application/json',
  'text/event-stream': 'text/event-stream',
  'text/*;q=0.5, */*;q=0.1': 'text/event-stream',
  'application/x-ndjson': 'application/x-ndjson',
  'application/json;q=0.5, application/x-ndjson;q=0.9': 'application/x-ndjson',
  'application/json;q=0, */*': 'text/event-stream',
  'application/json;q=0.2, application/*;q=0.9, text/event-stream;q=0.3': 'application/x-ndjson',
  'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8': 'application/json',
  'text/html': null,
  '*/*;q=0': null,
  'application/json;q=0': null,
  json: null,
  'application/json;q=2, text/event-stream;q=0.1': 'text/event-stream',
  'application/json;level=1;q=0.1, text/event-stream;q=0.2': 'text/event-stream',
}

for (const [header, chosen] of Object.entries(CHOICES)) {
  test(`Accept: ${JSON.stringify(header)} is answered as ${chosen ?? 'nothing we have'}`, () => {
    assert.equal(chooseMediaType(header, OFFERED), chosen)
  })
}

test('who says nothing gets the first form', () => {
  assert.equal(chooseMediaType(undefined, OFFERED), 'application/json')
})
