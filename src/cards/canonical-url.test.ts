import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { canonicalEndpoint } from './canonical-url.ts'

function sameAs(expected: string, ...urls: readonly string[]): void {
  for (const url of urls) assert.equal(canonicalEndpoint(url), expected, url)
}

test('canonicalEndpoint: scheme, www, default port, trailing slash, query and fragment make no difference', () => {
  sameAs(
    'mcp.tides.example/Mcp',
    'https://mcp.tides.example/Mcp',
    'http://mcp.tides.example/Mcp/',
    'https://www.MCP.tides.example:443/Mcp//',
    'http://mcp.tides.example:80/Mcp?utm_source=x',
    'https://mcp.tides.example./Mcp#start',
    ' https://mcp.tides.example/Mcp.git ',
  )
  sameAs('tides.example', 'https://tides.example', 'https://www.tides.example/')
})

test('canonicalEndpoint: other ports, hosts and the case of other paths do', () => {
  sameAs('tides.example:8443/mcp', 'https://tides.example:8443/mcp')
  sameAs('tides.example/mcp', 'https://tides.example/mcp')
  sameAs('api.tides.example/mcp', 'https://api.tides.example/mcp')
  sameAs('www.example', 'https://www.example/')
})

test('canonicalEndpoint: all views of a repository or a folder in it are one, whatever the branch', () => {
  sameAs(
    'github.com/tidewatch/servers',
    'https://github.com/tidewatch/servers',
    'https://GitHub.com/TideWatch/Servers.git',
    'http://www.github.com/tidewatch/servers/',
    'https://github.com/tidewatch/servers/tree/main',
    'https://github.com/tidewatch/servers/blob/main/README.md',
    'https://github.com/tidewatch/servers?tab=readme-ov-file#usage',
  )
  sameAs(
    'github.com/tidewatch/servers/src/tides',
    'https://github.com/tidewatch/servers/tree/main/src/tides',
    'https://github.com/TideWatch/servers/tree/HEAD/src/Tides/',
    'https://github.com/tidewatch/servers/blob/v2/src/tides/server.json',
    'https://github.com/tidewatch/servers/blob/main/src/tides',
  )
  sameAs('github.com/tidewatch/servers/src/x.js', 'https://github.com/tidewatch/servers/tree/main/src/x.js')
})

test('canonicalEndpoint: knows how GitLab, Bitbucket and Codeberg show folders', () => {
  sameAs(
    'gitlab.com/harbour/tools/tides/src/mcp',
    'https://gitlab.com/Harbour/tools/tides/-/tree/main/src/mcp',
    'https://gitlab.com/harbour/tools/tides/-/blob/main/src/mcp/index.ts?ref_type=heads',
  )
  sameAs(
    'gitlab.com/harbour/tools/tides',
    'https://gitlab.com/harbour/tools/tides.git',
    'https://gitlab.com/harbour/tools/tides/-/tree/main',
  )
  sameAs('gitlab.com/harbour/tides/src', 'https://gitlab.com/harbour/tides/tree/master/src')
  sameAs('bitbucket.org/harbour/tides/src', 'https://bitbucket.org/harbour/tides/src/main/src/')
  sameAs(
    'codeberg.org/harbour/tides/mcp',
    'https://codeberg.org/harbour/tides/src/branch/main/mcp',
    'https://codeberg.org/harbour/tides/src/tag/v1/mcp',
    'https://codeberg.org/harbour/tides/src/commit/0a1b2c/mcp/server.py',
  )
})

test('canonicalEndpoint: a host that only looks like a repository host is another one', () => {
  sameAs('github.com.evil.example/Acme/tool', 'https://github.com.evil.example/Acme/tool')
  sameAs('evil.example/acme/tool', 'https://github.com@evil.example/acme/tool')
  sameAs('notgithub.com/Acme/tool', 'https://notgithub.com/Acme/tool')
})

test('canonicalEndpoint: addresses that mean another machine to every reader identify nothing', () => {
  for (const url of [
    'http://localhost:5008/sse',
    'http://tool.localhost/',
    'http://127.0.0.1:8000/mcp',
    'http://2130706433/mcp',
    'http://[::1]/mcp',
    'http://[::ffff:10.0.0.1]/mcp',
    'http://10.1.2.3/mcp',
    'http://192.168.0.2/mcp',
    'http://172.20.0.2/mcp',
    'http://169.254.169.254/latest',
    'http://[fe80::1]/',
    'http://printer.local/',
  ]) {
    assert.equal(canonicalEndpoint(url), null, url)
  }
  sameAs('203.0.113.9:8000/mcp', 'http://203.0.113.9:8000/mcp')
})

test('canonicalEndpoint: text that is no web address identifies nothing', () => {
  for (const text of [
    '',
    'tides',
    'git@github.com:a/b.git',
    'ftp://x.example/',
    'mailto:a@b.example',
    'https://',
  ]) {
    assert.equal(canonicalEndpoint(text), null, text)
  }
})

test('canonicalEndpoint: the canonical form of a canonical form is itself', () => {
  fc.assert(
    fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true }), (url) => {
      const canonical = canonicalEndpoint(url)
      if (canonical !== null) assert.equal(canonicalEndpoint(`https://${canonical}`), canonical)
    }),
    { numRuns: 200 },
  )
})

test('canonicalEndpoint: a plain address is what the parser of URLs makes of it', () => {
  const label = fc.stringMatching(/^[a-z0-9-]{1,6}$/)
  const host = fc.oneof(
    fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => labels.join('.')),
    fc.constantFrom(
      'www.example.com',
      'github.com',
      'www.gitlab.com',
      'x.local',
      'xn--a.example',
      '1.2.3.4',
      'a.0x7f',
    ),
  )
  const path = fc.array(fc.constantFrom('/', 'a', 'Z', '.', '..', '/.', '.git', '~', '-', '_', '%41'), {
    maxLength: 8,
  })
  fc.assert(
    fc.property(host, path, (name, parts) => {
      const url = `https://${name}${parts.length > 0 ? '/' : ''}${parts.join('')}`
      assert.equal(canonicalEndpoint(url), canonicalEndpoint(`${url}?parsed`))
    }),
    { numRuns: 2_000 },
  )
})
