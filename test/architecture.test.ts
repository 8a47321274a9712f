/** The house keeps its shape: arrows between folders point down only, and each gate has one keeper. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'
import { test } from 'node:test'
import { BUNDLED, BUNDLED_IN_PAGES } from '../scripts/bundled.ts'

const SOURCES = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
  .map((path) => join('src', path))

/** Rooms of the house, and the rooms each may import from. Itself and `domain` are always allowed. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  search: [],
  security: [],
  cards: ['problem'],
  wire: ['cards', 'search', 'security'],
  audit: ['security'],
  moderation: ['cards'],
  storage: ['audit', 'moderation', 'search'],
  federation: ['cards', 'moderation', 'problem', 'search', 'security', 'wire'],
  config: ['security'],
  problem: [],
  clock: [],
  events: ['audit', 'config', 'federation', 'http', 'security'],
  http: [
    'audit',
    'moderation',
    'cards',
    'config',
    'events',
    'federation',
    'problem',
    'search',
    'security',
    'wire',
    'version',
  ],
  bootstrap: ['config', 'security'],
  'trusted-peers': ['config'],
  memory: [],
  'log-output': [],
  'page-folder': ['http', 'wire'],
  jobs: [],
  'free-port': [],
  registry: [
    ...[
      'audit',
      'bootstrap',
      'cards',
      'clock',
      'config',
      'events',
      'federation',
      'free-port',
      'http',
      'jobs',
      'log-output',
      'memory',
      'moderation',
      'page-folder',
      'security',
      'storage',
    ],
    ...['trusted-peers', 'version'],
  ],
  cli: [
    'audit',
    'clock',
    'config',
    'problem',
    'registry',
    'security',
    'storage',
    'wire',
    'version',
    'bootstrap',
    'demo',
  ],
  demo: ['cli', 'security', 'wire'],
  main: ['cli', 'config', 'version'],
  version: [],
}

/** Packages that only one place may use. */
const GATES: readonly { readonly module: RegExp; readonly keeper: RegExp }[] = [
  { module: /^undici$/, keeper: /^src\/security\/outbound/ },
  { module: /^(pg|node:sqlite|kysely(\/.*)?)$/, keeper: /^src\/storage\// },
  { module: /^redis$/, keeper: /^src\/storage\/redis\/client\.ts$/ },
  { module: /^(fastify|@fastify\/.*)$/, keeper: /^src\/http\// },
  { module: /^pino$/, keeper: /^src\/(events|log-output)\.ts$/ },
  { module: /^@opentelemetry\//, keeper: /^src\/events\/span/ },
  { module: /^prom-client$/, keeper: /^src\/events\// },
  { module: /^commander$/, keeper: /^src\/(main|cli\/.*)\.ts$/ },
  { module: /^yaml$/, keeper: /^src\/config\// },
]

type Import = { readonly from: string; readonly to: string }

const IMPORTS: readonly Import[] = SOURCES.flatMap((path) =>
  [
    ...readFileSync(path, 'utf8').matchAll(
      /(?:^|\n)(?:import|export)[^'"\n]*(?:\{[^}]*\})?[^'"\n]*from '([^']+)'|import\('([^']+)'\)/g,
    ),
  ].map((match) => ({ from: path, to: match[1] ?? match[2] ?? '' })),
)

function roomOf(path: string): string {
  const [, first = ''] = path.split('/')
  return first.replace(/\.ts$/, '')
}

test('the reader of imports sees them', () => {
  assert.ok(IMPORTS.length > 200)
  assert.ok(IMPORTS.some(({ from, to }) => from === 'src/federation/discover.ts' && to === './walk.ts'))
})

test('every room stands in the table of arrows', () => {
  const rooms = new Set(SOURCES.map(roomOf))
  assert.deepEqual([...rooms].filter((room) => !(room in ARROWS)).sort(), [])
})

test('no room imports from a room above it', () => {
  const forbidden = IMPORTS.filter(({ to }) => to.startsWith('.')).filter(({ from, to }) => {
    const room = roomOf(from)
    const target = roomOf(normalize(join(dirname(from), to)))
    return target !== room && target !== 'domain' && !ARROWS[room]?.includes(target)
  })
  assert.deepEqual(forbidden, [])
})

test('one protocol never imports another', () => {
  const forbidden = IMPORTS.filter(({ from, to }) => {
    if (!from.startsWith('src/federation/protocols/') || from.endsWith('/index.ts')) return false
    const target = relative('src/federation/protocols', normalize(join(dirname(from), to)))
    // A protocol may be several files, `<name>.ts` and `<name>-<part>.ts`.
    const [own = ''] = relative('src/federation/protocols', from).split(/[-.]/)
    const isOwn = target.startsWith(`${own}.`) || target.startsWith(`${own}-`)
    return to.startsWith('.') && !target.startsWith('..') && target !== 'protocol.ts' && !isOwn
  })
  assert.deepEqual(forbidden, [])
})

test('packages that reach outside are used by their one keeper', () => {
  const forbidden = IMPORTS.filter(({ from, to }) =>
    GATES.some((gate) => gate.module.test(to) && !gate.keeper.test(from)),
  )
  assert.deepEqual(forbidden, [])
})

test('whatever the sources import comes with the published package', () => {
  const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as { dependencies: object }
  const missing = IMPORTS.filter(({ to }) => {
    if (to.startsWith('.') || to.startsWith('node:')) return false
    const [name = ''] = /^(?:@[^/]+\/)?[^/]+/.exec(to) ?? []
    return !Object.hasOwn(dependencies, name) && !BUNDLED.includes(name)
  })
  assert.deepEqual(missing, [])
})

test('the client of Redis is loaded only when there is one to talk to', () => {
  const source = readFileSync('src/storage/redis/client.ts', 'utf8')
  assert.match(source, /await import\('redis'\)/)
  assert.doesNotMatch(source, /from 'redis'/)
})

test('only the composition root and the commands that need no server import the stores', () => {
  const allowed = /^src\/(registry\.ts|storage\/|cli\/(migrate|secrets)\.ts)/
  const forbidden = IMPORTS.filter(
    ({ from, to }) =>
      to.startsWith('.') && roomOf(normalize(join(dirname(from), to))) === 'storage' && !allowed.test(from),
  )
  assert.deepEqual(forbidden, [])
})

test('only the configuration reads the environment', () => {
  const readers = SOURCES.filter((path) => /process\.env\b/.test(readFileSync(path, 'utf8')))
  assert.deepEqual(
    readers.filter((path) => !/^src\/config(\/|\.ts)/.test(path)),
    [],
  )
})

const PAGES = readdirSync('web', { recursive: true, encoding: 'utf8' })
  .filter((path) => /\.tsx?$/.test(path) && !/\.test\.tsx?$/.test(path))
  .map((path) => join('web', path))

const PAGE_IMPORTS = PAGES.flatMap((path) =>
  [
    ...readFileSync(path, 'utf8').matchAll(
      /^(?:import|export) ((?:type )?(?:\{[^}]*\}|[\w*]+)[^'"\n]*) from '([^'\n]+)'|^import '([^'\n]+)'/gm,
    ),
  ].map(([, names = '', from, alone]) => ({ from: path, names, to: from ?? alone ?? '' })),
)

test('the pages are made of their own code: of the registry’s they know the vocabulary, and types of the wire', () => {
  assert.ok(PAGE_IMPORTS.length > 100)
  const outside = PAGE_IMPORTS.map((one) => ({ ...one, at: normalize(join(dirname(one.from), one.to)) }))
    .filter(({ to }) => to.startsWith('.'))
    .filter(({ at }) => !at.startsWith('web/'))
  assert.ok(outside.length > 0)
  const forbidden = outside.filter(({ at, names }) => {
    return !at.startsWith('src/domain/') && !(at.startsWith('src/wire/') && names.startsWith('type '))
  })
  assert.deepEqual(forbidden, [])
})

test('the licence of every package that the pages have inside goes along', () => {
  const packages = PAGE_IMPORTS.filter(({ to }) => !to.startsWith('.')).map(
    ({ to }) => to.split('/')[0] ?? '',
  )
  assert.deepEqual([...new Set(packages)].sort(), [...BUNDLED_IN_PAGES].sort())
})
