import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createAuthority } from '../../test/support/certificates.ts'
import { readServerTls, type TlsFiles, TlsFilesError } from './server-tls.ts'
import { createTlsKeeper, type TlsReload } from './tls-keeper.ts'

const FOLDER = mkdtempSync(join(tmpdir(), 'avr-tls-'))
after(() => rmSync(FOLDER, { recursive: true }))
const CA = createAuthority(FOLDER, 'ca')
const OWN = CA.issue('own')
const NEXT = CA.issue('next')

const FILES: TlsFiles = { cert: '/cert', key: '/key', clientCa: '/ca' }
const GOOD = { '/cert': OWN.cert + CA.cert, '/key': OWN.key, '/ca': CA.cert }

const reading = (texts: Readonly<Record<string, string>>) => (path: string) => {
  const text = texts[path]
  if (text === undefined) throw Object.assign(new Error('no'), { code: 'ENOENT' })
  return text
}

function problemsOf(texts: Readonly<Record<string, string>>): string[] {
  const read = readServerTls(FILES, reading({ ...GOOD, ...texts }))
  return read.ok ? [] : read.mistakes.map(({ file, path, problem }) => `${file} ${path} ${problem}`)
}

test('readServerTls: reads a certificate, its key and the authorities of callers', () => {
  const read = readServerTls(FILES, reading({ ...GOOD, '/ca': `# ours\n${CA.cert}\n${OWN.cert}` }))
  assert.ok(read.ok)
  assert.deepEqual(read.tls.own, { cert: GOOD['/cert'], key: GOOD['/key'] })
  assert.equal(read.tls.clientAuthorities.length, 2)
  assert.deepEqual(readServerTls({ cert: null, key: null, clientCa: null }, readFileSync as never), {
    ok: true,
    tls: { own: null, clientAuthorities: [], clientCa: null },
  })
})

test('readServerTls: says of each file what is wrong with it', () => {
  assert.deepEqual(problemsOf({}), [])
  assert.deepEqual(problemsOf({ '/key': NEXT.key }), [
    'key /key holds another key than the one of the certificate in /cert',
  ])
  assert.deepEqual(problemsOf({ '/cert': OWN.key, '/key': OWN.cert, '/ca': '' }), [
    'cert /cert holds no certificate in PEM',
    'key /key holds no private key in PEM',
    'clientCa /ca holds no certificate in PEM',
  ])
  const spoiled = OWN.cert.replace(/\n.{20}/, '\nAAAAAAAAAAAAAAAAAAAA')
  assert.deepEqual(problemsOf({ '/ca': CA.cert + spoiled }), [
    'clientCa /ca holds a certificate that cannot be read, number 2',
  ])
  const encrypted = OWN.key.replaceAll('PRIVATE KEY', 'ENCRYPTED PRIVATE KEY')
  assert.match(problemsOf({ '/key': encrypted }).join(), /under a passphrase/)
  const read = readServerTls(FILES, reading({}))
  assert.equal(read.ok ? 0 : read.mistakes.length, 3)
})

test('createTlsKeeper: takes what changes on disk by itself, and keeps what it had when that cannot be used', async () => {
  const disk: Record<string, string> = { ...GOOD }
  const told: TlsReload[] = []
  const waiting: (() => void)[] = []
  const onReload = (reload: TlsReload): void => {
    told.push(reload)
    waiting.shift()?.()
  }
  const isTold = () => new Promise<void>((resolve) => waiting.push(resolve))
  using keeper = createTlsKeeper(FILES, { readFile: (path) => reading(disk)(path), onReload, lookMs: 2 })
  const changes: (string | undefined)[] = []
  keeper.onChange(({ own }) => changes.push(own?.cert))

  const isRefused = isTold()
  disk['/cert'] = NEXT.cert // half of it is there already
  // The keeper's own look keeps no process alive; a test waits with something that does.
  const waker = setInterval(() => {}, 1_000)
  await isRefused
  assert.equal(keeper.current().own?.cert, GOOD['/cert'])
  assert.equal(keeper.reload().kind, 'refused')

  const isChanged = isTold()
  disk['/key'] = NEXT.key
  await isChanged
  clearInterval(waker)
  assert.equal(keeper.current().own?.cert, NEXT.cert)
  assert.deepEqual(
    told.map(({ kind }) => kind),
    ['refused', 'changed'],
  )
  assert.deepEqual(changes, [NEXT.cert])
  assert.equal(keeper.reload().kind, 'unchanged')
})

test('createTlsKeeper: does not begin with files that cannot be used', () => {
  const begin = () => createTlsKeeper(FILES, { readFile: reading({}), onReload: () => {} })
  assert.throws(
    begin,
    (error) => error instanceof TlsFilesError && /\/cert cannot be read: there is no/.test(error.message),
  )
})
