import assert from 'node:assert/strict'
import { test } from 'node:test'
import { docsPolicy, renderDocs } from './docs-page.ts'

const OPERATION = {
  ...{
    method: 'GET',
    path: '/x',
    summary: 'Read `x` & <y>',
    description: '',
    tag: 'records',
    access: 'any key',
  },
  parameters: [{ name: 'q"', in: 'query', description: '<script>alert(1)</script>' }],
}

test('the page shows operations as text and holds no script', () => {
  const page = renderDocs([OPERATION], { title: 'API', documentUrl: 'openapi.json' })
  assert.match(page, /Read <code>x<\/code> &amp; &lt;y&gt;/)
  assert.match(page, /&lt;script&gt;/)
  assert.doesNotMatch(page, /<script/)
})

test('the policy allows the one style and nothing else', () => {
  assert.match(docsPolicy('abc='), /^default-src 'none'; style-src 'sha256-abc=';/)
})
