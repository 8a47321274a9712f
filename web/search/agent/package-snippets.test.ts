import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { packageSnippets } from './package-snippets.ts'

const PACKAGE = {
  ...{ registryType: 'npm', identifier: '@tides/server', version: '2.0.1' },
  transport: { type: 'stdio' },
}

function configurationsOf(...packages: readonly object[]): readonly object[] {
  return packageSnippets('tides', JSON.stringify({ packages })).map(
    ({ text }) => JSON.parse(text).mcpServers.tides,
  )
}

test('packageSnippets: a package of a card is started by what starts packages of its registry', () => {
  const card = readFileSync('src/cards/examples/server-2025-12.json', 'utf8')
  const [snippet] = packageSnippets('tide-tables', card)
  assert.deepEqual(JSON.parse(snippet?.text ?? ''), {
    mcpServers: { 'tide-tables': { command: 'npx', args: ['-y', '@tidewatch/tides@2.0.1'] } },
  })
  assert.match(snippet?.note ?? '', /on your own machine/)
  assert.deepEqual(
    configurationsOf(
      { ...PACKAGE, registryType: 'pypi', identifier: 'tides' },
      { ...PACKAGE, registryType: 'oci', identifier: 'ghcr.io/tides/server:2.0' },
    ),
    [
      { command: 'uvx', args: ['tides@2.0.1'] },
      { command: 'docker', args: ['run', '-i', '--rm', 'ghcr.io/tides/server:2.0'] },
    ],
  )
})

test('packageSnippets: variables that must be set stand in the configuration, empty, and beside it', () => {
  const environmentVariables = [{ name: 'TIDES_KEY', isRequired: true, isSecret: true }, { name: 'OTHER' }]
  const card = JSON.stringify({ packages: [{ ...PACKAGE, environmentVariables }] })
  const [snippet] = packageSnippets('tides', card)
  assert.deepEqual(JSON.parse(snippet?.text ?? '').mcpServers.tides.env, { TIDES_KEY: '' })
  assert.match(snippet?.note ?? '', /needs values for TIDES_KEY\./)
})

test('packageSnippets: nothing is made of what cannot be started from the card alone', () => {
  const refused = [
    { ...PACKAGE, registryType: 'mcpb' },
    { ...PACKAGE, registryType: 'constructor' },
    { ...PACKAGE, transport: { type: 'streamable-http', url: 'http://localhost:1' } },
    { ...PACKAGE, packageArguments: [{ type: 'positional', valueHint: 'folder' }] },
    { ...PACKAGE, runtimeArguments: [{ type: 'named', name: '-v', value: '/:/host' }] },
    { ...PACKAGE, identifier: '--package=evil' },
    { ...PACKAGE, identifier: 'a b' },
  ]
  assert.deepEqual(configurationsOf(...refused), [])
  for (const card of ['', 'null', '[]', '{"packages":{}}', '{"packages":[null,1]}']) {
    assert.deepEqual(packageSnippets('tides', card), [], card)
  }
})
