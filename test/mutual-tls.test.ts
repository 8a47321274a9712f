/** Mutual TLS with a peer, over real sockets: which client certificates open which doors. */
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { Agent } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, type TestContext, test } from 'node:test'
import { connect } from 'node:tls'
import { ACCESS } from '../src/http/access.ts'
import { mintToken } from '../src/security/tokens.ts'
import { type Certificate, createAuthority } from './support/certificates.ts'
import { signedBy } from './support/peer-request.ts'
import { ask, openRegistry, type Problem, settingsFor, temporaryFolder } from './support/registry.ts'
import { askOverTls, type TlsAsk } from './support/tls-asker.ts'

const PROXY = '127.0.0.9'
const ELSEWHERE = '127.0.0.2'

type Shown = Partial<Certificate> & Pick<TlsAsk, 'headers' | 'from' | 'agent'> & { readonly path?: string }

// Made once: the command takes its time.
const CERTIFICATES = mkdtempSync(join(tmpdir(), 'avr-mtls-'))
after(() => rmSync(CERTIFICATES, { recursive: true }))
const serverCa = createAuthority(CERTIFICATES, 'server-ca')
const clientCa = createAuthority(CERTIFICATES, 'client-ca')
const otherCa = createAuthority(CERTIFICATES, 'other-ca')
const [server, renewed] = [serverCa.issue('server'), serverCa.issue('renewed')]
const [present, next] = [clientCa.issue('present'), clientCa.issue('next')]
const stranger = clientCa.issue('stranger')
const foreign = otherCa.issue('foreign', { keyOf: present })
const forServers = clientCa.issue('for-servers', { keyOf: present, usage: 'serverAuth' })
const expired = clientCa.issue('expired', { keyOf: present, from: -2, until: -1 })
const between = clientCa.issueAuthority('between')

/** A registry that serves https, with a peer that must come with a client certificate. */
async function prepare(t: TestContext) {
  const folder = await temporaryFolder(t)
  const live = {
    cert: join(folder, 'live.crt'),
    key: join(folder, 'live.key'),
    ca: join(folder, 'live-ca.crt'),
  }
  const serve = ({ certFile, keyFile }: Certificate) => {
    copyFileSync(certFile, live.cert)
    copyFileSync(keyFile, live.key)
  }
  const believe = (...authorities: readonly Certificate[]) =>
    writeFileSync(live.ca, authorities.map(({ cert }) => cert).join(''))
  serve(server)
  believe(clientCa)
  const adminKey = mintToken('ava')
  const database = { kind: 'sqlite', address: join(folder, 'registry.db') } as const
  const registry = await openRegistry({
    ...settingsFor({ name: 'Registry', adminKey, database }),
    ...{ REGISTRY_TLS_CERT: live.cert, REGISTRY_TLS_KEY: live.key, REGISTRY_TLS_CLIENT_CA: live.ca },
    REGISTRY_TRUSTED_PROXIES: `${PROXY}/32`,
  })
  await registry.listen()
  t.after(() => registry[Symbol.asyncDispose]())
  const url = registry.publicUrl
  const ca = serverCa.cert

  const admin = async <T = Problem>(method: string, path: string, body?: unknown) =>
    askOverTls<T>(`${url}/api/v1${path}`, { ca, token: adminKey, method, body })
  const addPeer = async (name: string) => {
    const peerUrl = `https://127.0.0.1/${name}`
    const { body: given } = await admin<{ peer_id: string; token: string; signing_secret: string }>(
      'POST',
      '/federation/tokens',
      { name, registry_url: peerUrl },
    )
    const headersFor = (path: string) => signedBy({ registry: peerUrl, secret: given.signing_secret }, path)
    const ask = ({ path = '/api/v1/agents', headers = {}, ...shown }: Shown = {}) =>
      askOverTls(url + path, {
        ...{ ca, token: given.token, ...shown },
        headers: { ...headersFor(path), ...headers },
      })
    const change = (body: unknown) => admin('PUT', `/federation/peers/${given.peer_id}`, body)
    /** The status, and the sentence if there is one. */
    const said = async (shown?: Shown) => {
      const { status, body } = await ask(shown)
      return status === 200 ? '200' : `${status} ${body.code}: ${body.detail}`
    }
    return { id: given.peer_id, token: given.token, headersFor, ask, said, change }
  }
  const peer = await addPeer('partner')
  const changed = await peer.change({ require_mtls: true, client_pins: [present.pin, `sha256/${next.pin}`] })
  assert.equal(changed.status, 200, changed.text)
  return {
    ...{ registry, url, ca, admin, addPeer, peer, serve, believe },
  }
}

const REFUSED = '403 client-certificate-refused: '
const ALONE = ' This registry answers the peer of this token over mutual TLS alone.'

test('only a certificate of an authority, in time, for clients and of a pinned key lets the peer in', async (t) => {
  const { peer } = await prepare(t)
  const cases: readonly (readonly [string, Shown, string])[] = [
    ['none', {}, `${REFUSED}No client certificate came with the request.${ALONE}`],
    [
      'of another authority, over the very key',
      foreign,
      `${REFUSED}No authority in REGISTRY_TLS_CLIENT_CA has signed the client certificate.${ALONE}`,
    ],
    [
      'for servers',
      forServers,
      `${REFUSED}The certificate is not for clients: its extended key usage lacks clientAuth.${ALONE}`,
    ],
    ['expired', expired, `${REFUSED}The client certificate has expired.${ALONE}`],
    [
      'of tomorrow',
      clientCa.issue('tomorrow', { keyOf: present, from: 1 }),
      `${REFUSED}The client certificate is not valid yet.${ALONE}`,
    ],
    [
      'of the authority, but of another key',
      stranger,
      `${REFUSED}The client certificate is not one that partner is known by here.${ALONE}`,
    ],
    ['the present one', present, '200'],
    ['the next one', next, '200'],
    ['renewed over the same key', clientCa.issue('again', { keyOf: present, usage: 'clientAuth' }), '200'],
  ]
  for (const [name, shown, expected] of cases) assert.equal(await peer.said(shown), expected, name)
})

test('a certificate opens no door of another peer, and one between it and its authority is found', async (t) => {
  const { peer, addPeer } = await prepare(t)
  const other = await addPeer('other')
  assert.equal(await other.said(), '200') // nothing is asked of it
  const below = between.issue('below')
  await other.change({ require_mtls: true, client_pins: [below.pin] })
  assert.match(
    await other.said(present),
    /^403 client-certificate-refused: .* not one that other is known by/,
  )
  assert.match(await other.said(below), /^403 .* No authority/)
  assert.equal(await other.said({ ...below, cert: below.cert + between.cert }), '200')
  assert.match(await peer.said({ ...below, cert: below.cert + between.cert }), /^403 /)
})

test('every route that a peer token opens asks for the certificate', async (t) => {
  const { peer } = await prepare(t)
  const routes = Object.entries(ACCESS).filter(
    // Nobody is authenticated for what is the same for everybody: pages without data, and whether the process lives.
    ([route, { peers }]) => peers && !/ \/(livez|readyz|agent|console.*|assets.*|)$/.test(route),
  )
  assert.ok(routes.length >= 5, String(routes.length))
  for (const [route] of routes) {
    const path = route.replace('GET ', '').replace(/:\w+|\*/g, 'x')
    const without = await peer.ask({ path })
    assert.equal(`${without.status} ${without.body.code}`, '403 client-certificate-refused', route)
    const withIt = await peer.ask({ path, ...present })
    assert.notEqual(withIt.body.code, 'client-certificate-refused', route)
    assert.notEqual(withIt.status, 401, route)
  }
})

test('a renewed server certificate is shown to the peer without a restart, and its requests go on', async (t) => {
  const { peer, registry, serve, ca } = await prepare(t)
  const agent = new Agent({ keepAlive: true, ca, cert: present.cert, key: present.key })
  t.after(() => agent.destroy())
  assert.equal(await peer.said({ ...present, agent }), '200')
  const [idle] = Object.values(agent.freeSockets).flat()
  assert.ok(idle)
  const isEnded = once(idle, 'close')
  serve(renewed)
  registry.reloadTls()
  await isEnded
  assert.equal(await peer.said({ ...present, agent }), '200')
  const socket = connect({ port: Number(new URL(registry.publicUrl).port), ca, servername: 'localhost' })
  await once(socket, 'secureConnect')
  assert.equal(
    socket.getPeerX509Certificate()?.fingerprint256,
    new X509Certificate(renewed.cert).fingerprint256,
  )
  socket.destroy()
})

test('an authority that was taken out lets nobody in: not anew, not on an open connection, not by a resumed session', async (t) => {
  const { peer, registry, believe, ca, url } = await prepare(t)
  const dial = (session?: Buffer) =>
    connect({
      ...{ port: Number(new URL(url).port), ca, servername: 'localhost' },
      ...{ cert: present.cert, key: present.key, session },
    })
  // Whatever a session holds, it is not taken up again where client certificates count.
  const first = dial()
  await once(first, 'secureConnect')
  first.write('GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n')
  await once(first, 'data')
  const session = first.getSession()
  first.destroy()
  const second = dial(session)
  await once(second, 'secureConnect')
  assert.equal(second.isSessionReused(), false)

  // On the second connection a request is under way while the authority goes, so that the change does not end it.
  const path = '/api/v1/agents'
  const lines = Object.entries({ authorization: `Bearer ${peer.token}`, ...peer.headersFor(path) })
  const [line, ...rest] = [
    `GET ${path} HTTP/1.1`,
    `host: ${new URL(url).host}`,
    ...lines.map((pair) => pair.join(': ')),
  ]
  second.write(`${line}\r\n${rest.join('\r\n')}\r\n\r\n`)
  assert.match(String((await once(second, 'data'))[0]), /^HTTP\/1.1 200 /)
  second.write(`${line}\r\n`)
  assert.equal(await peer.said(present), '200') // by now the line above has come, too
  believe(otherCa)
  registry.reloadTls()
  second.write(`${rest.join('\r\n')}\r\n\r\n`)
  const [refused] = await once(second, 'data')
  assert.match(String(refused), /^HTTP\/1.1 403 .*client-certificate-refused.*No authority/s)
  second.destroy()
  assert.match(await peer.said(present), /No authority/)
  believe(otherCa, clientCa)
  registry.reloadTls()
  assert.equal(await peer.said(present), '200')
})

test('the Client-Cert header counts if a proxy of ours sends it, and is checked as any certificate', async (t) => {
  const { peer } = await prepare(t)
  const below = between.issue('below', { keyOf: present })
  const from = PROXY
  const header = (...[shown, ...rest]: readonly Certificate[]) => ({
    'client-cert': item(shown),
    ...(rest.length > 0 && { 'client-cert-chain': rest.map(item).join(', ') }),
  })
  const said = (headers: Record<string, string>, by: Partial<Shown> = { from }) =>
    peer.said({ ...by, headers })

  assert.equal(await said(header(present)), '200')
  assert.equal(await said(header(next)), '200')
  assert.equal(await said(header(below, between)), '200')
  assert.match(await said(header(below)), /No authority/)
  assert.match(await said(header(foreign)), /No authority/)
  assert.match(await said(header(stranger)), /not one that partner is known by/)
  assert.match(await said(header(expired)), /has expired/)
  assert.match(await said(header(forServers)), /not for clients/)
  const good = item(present)
  for (const malformed of [`${good}, ${good}`, good.slice(1), `${good};a=1`, ':AAAA:', '""', '::']) {
    assert.match(await said({ 'client-cert': malformed }), /not a certificate as RFC 9440/, malformed)
  }
  // The header speaks for the caller; the certificate of the proxy itself does not.
  assert.match(await said(header(stranger), { from, ...present }), /not one that partner/)
  assert.match(await said({}), /^403 .* No client certificate came with the request/)
})

test('the Client-Cert header of anybody else says nothing, whatever else they claim', async (t) => {
  const { peer } = await prepare(t)
  const headers = { 'client-cert': item(present), 'x-forwarded-for': PROXY, forwarded: `for=${PROXY}` }
  for (const from of ['127.0.0.1', ELSEWHERE]) {
    assert.match(
      await peer.said({ from, headers }),
      /^403 .* believed of proxies in REGISTRY_TRUSTED_PROXIES alone/,
    )
    assert.match(await peer.said({ from, headers, ...stranger }), /not one that partner is known by/)
    const others = { 'client-cert': item(stranger) }
    assert.equal(await peer.said({ from, headers: others, ...present }), '200')
  }
})

test('what could never be is refused when it is said, in a sentence', async (t) => {
  const { peer, admin } = await prepare(t)
  const refusals = async (body: unknown): Promise<readonly string[]> => {
    const { status, body: problem } = await peer.change(body)
    return status === 422
      ? (problem.errors ?? []).map(({ pointer, message }) => `${pointer}: ${message}`)
      : []
  }
  assert.match(
    (await refusals({ client_pins: [] })).join(),
    /^\/client_pins: Mutual TLS is with a key that is known/,
  )
  assert.match((await refusals({ client_pins: ['abc'] })).join(), /^\/client_pins\/0: Takes the SHA-256/)
  assert.match(
    (await refusals({ client_certificate: present.cert })).join(),
    /^\/client_key: Give .* together/,
  )
  assert.match(
    (await refusals({ client_certificate: present.cert, client_key: stranger.key })).join(),
    /^\/client_key: This is not the key/,
  )
  assert.match(
    (await refusals({ client_certificate: forServers.cert, client_key: forServers.key })).join(),
    /^\/client_certificate: This text is not for clients/,
  )
  assert.match(
    (await refusals({ client_certificate: expired.cert, client_key: expired.key })).join(),
    /^\/client_certificate: The client certificate has expired/,
  )
  assert.match((await refusals({ server_ca: 'x' })).join(), /^\/server_ca: This text holds no certificate/)

  // Many files have both in one; the certificates are kept readable, and shown.
  const both = present.key + present.cert
  assert.match(
    (await refusals({ client_certificate: both, client_key: present.key })).join(),
    /^\/client_certificate: This text holds a private key as well/,
  )
  assert.match(
    (await refusals({ server_ca: both })).join(),
    /^\/server_ca: This text holds a private key as well/,
  )
  const { text: untouched } = await admin('GET', `/federation/peers/${peer.id}`)
  assert.doesNotMatch(untouched, /PRIVATE KEY/)

  const given = await peer.change({ client_certificate: present.cert, client_key: present.key })
  assert.equal(given.status, 200, given.text)
  const shown = await admin<Record<string, unknown>>('GET', `/federation/peers/${peer.id}`)
  assert.equal(shown.body.client_certificate_pin, present.pin)
  assert.doesNotMatch(shown.text, /PRIVATE KEY/)
  const cleared = await peer.change({ client_key: null })
  assert.match(cleared.text, /"client_certificate":null/)
})

test('we ask a peer with our certificate for it, and nobody but the key that is pinned', async (t) => {
  const there = await prepare(t)
  const folder = await temporaryFolder(t)
  const adminKey = mintToken('ava')
  const database = { kind: 'sqlite', address: join(folder, 'asker.db') } as const
  const asker = await openRegistry(settingsFor({ name: 'Asker', adminKey, database }))
  await asker.listen()
  t.after(() => asker[Symbol.asyncDispose]())
  const admin = async <T = Problem>(method: string, path: string, body?: unknown) =>
    ask<T>(method, `${asker.publicUrl}/api/v1${path}`, { key: adminKey, body })
  const { body: given } = await there.admin<{ peer_id: string; token: string; signing_secret: string }>(
    'POST',
    '/federation/tokens',
    { name: 'Asker', registry_url: asker.publicUrl },
  )
  await there.admin('PUT', `/federation/peers/${given.peer_id}`, {
    require_mtls: true,
    client_pins: [present.pin],
  })
  const added = await admin<{ id: string }>('POST', '/federation/peers', {
    ...{ name: 'There', registry_url: there.url, api_key: given.token, signing_secret: given.signing_secret },
    ...{ server_ca: there.ca, server_pins: [server.pin] },
  })
  assert.equal(added.status, 201, added.text)
  const change = async (body: unknown): Promise<string> => {
    const { status, text } = await admin('PUT', `/federation/peers/${added.body.id}`, body)
    assert.equal(status, 200, text)
    const { body: checked } = await admin<{ probe: { problem?: string } }>(
      'POST',
      `/federation/peers/${added.body.id}/check`,
    )
    return checked.probe.problem ?? 'well'
  }
  assert.match(await change({ client_pins: null }), /No client certificate came with the request/)
  assert.equal(await change({ client_certificate: present.cert, client_key: present.key }), 'well')
  assert.match(
    await change({ client_certificate: stranger.cert, client_key: stranger.key }),
    /not one that Asker/,
  )
  assert.equal(await change({ client_certificate: present.cert, client_key: present.key }), 'well')
  // Their server changes over to the next key: refused until it is pinned, too.
  assert.match(await change({ server_pins: [renewed.pin] }), /is not one that is pinned for it here/)
  assert.equal(await change({ server_pins: [server.pin, renewed.pin] }), 'well')
  there.serve(renewed)
  there.registry.reloadTls()
  assert.equal(await change({ server_pins: [renewed.pin] }), 'well')
  assert.match(await change({ server_pins: [server.pin] }), /is not one that is pinned for it here/)
  // The right key, vouched for by nobody we asked for.
  const other = { server_ca: clientCa.cert, server_pins: [renewed.pin] }
  assert.match(await change(other), /not signed by an authority we trust/)
  assert.equal(await change({ server_ca: there.ca }), 'well')

  // Two peers at one origin share its connections: they cannot want different ones.
  const twin = await admin<{ id: string }>('POST', '/federation/peers', {
    ...{ name: 'Twin', registry_url: `${there.url}/twin`, server_pins: [stranger.pin] },
  })
  assert.equal(twin.status, 201, twin.text)
  assert.match(await change({ server_ca: there.ca }), /Two peers at this address/)
  await admin('DELETE', `/federation/peers/${twin.body.id}`)
  assert.equal(await change({}), 'well')
})

function item(certificate: Certificate | undefined): string {
  return certificate === undefined ? '' : `:${new X509Certificate(certificate.cert).raw.toString('base64')}:`
}
