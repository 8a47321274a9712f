import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findTraceParent, mintTraceId, writeTraceparent } from './trace-context.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const SPAN = 'b7ad6b7169203331'

test('a traceparent names its trace', () => {
  for (const header of [
    `00-${TRACE}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-00`,
    `00-${TRACE}-${SPAN}-ff`,
    // Of a later version what we know of is read.
    `01-${TRACE}-${SPAN}-01`,
    `cc-${TRACE}-${SPAN}-01-what-the-future-will-be-like`,
  ]) {
    const { traceId, spanId } = findTraceParent(header) ?? {}
    assert.deepEqual([traceId, spanId], [TRACE, SPAN], header)
  }
})

test('a traceparent says whether the caller keeps its trace, whatever its other flags', () => {
  const flags = ['00', '01', '02', '03', 'fe', 'ff']
  assert.deepEqual(
    flags.map((text) => findTraceParent(`00-${TRACE}-${SPAN}-${text}`)?.isSampled),
    [false, true, false, true, false, true],
  )
})

test('one that breaks the rules names none', () => {
  for (const header of [
    undefined,
    '',
    `00-${TRACE}-${SPAN}`,
    `00-${TRACE}-${SPAN}-01-`,
    `00-${TRACE}-${SPAN}-01-more`,
    `00-${TRACE}-${SPAN}-01 `,
    ` 00-${TRACE}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-01\n`,
    `00-${TRACE}-${SPAN}-1`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${TRACE.slice(1)}-${SPAN}-01`,
    `00-${TRACE.slice(1)}"-${SPAN}-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `ff-${TRACE}-${SPAN}-01`,
    `01-${TRACE}-${SPAN}-01more`,
    `01-${TRACE}-${SPAN}-01-${'x'.repeat(600)}`,
    // Sent twice, as node joins it.
    `00-${TRACE}-${SPAN}-01, 00-${TRACE}-${SPAN}-01`,
    [`00-${TRACE}-${SPAN}-01`],
  ]) {
    assert.equal(findTraceParent(header), null, String(header))
  }
})

test('what we send names the trace, with another span each time', () => {
  const traceId = mintTraceId()
  assert.notEqual(traceId, mintTraceId())
  const sent = [writeTraceparent(traceId), writeTraceparent(traceId)]
  for (const header of sent) assert.equal(findTraceParent(header)?.traceId, traceId)
  assert.equal(new Set(sent).size, 2)
})
