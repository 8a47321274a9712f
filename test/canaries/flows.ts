/** Everything that is done with secrets at a registry, rightly and wrongly, and what it said to it. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { formatInvite, parseInvite } from '../../src/security/invites.ts'
import { signedBy } from '../support/peer-request.ts'
import { type Answer, ask, type CallOptions } from '../support/registry.ts'
import { postEnrolment, type Stranger } from '../support/strangers.ts'

export type Planted = {
  /** By a name that says what it is. */
  readonly secrets: Map<string, string>
  /** What the registry answered, but for the answers that hand a secret over. */
  readonly said: string[]
}

export type Ground = Planted & {
  readonly url: string
  readonly adminKey: string
  /** Where echoing peers are. */
  readonly peersUrl: string
  /** One for each round. */
  readonly strangers: readonly Stranger[]
}

/** Ten secrets a round, each used rightly, wrongly, and where no secret belongs. */
export async function plantRound(ground: Ground, round: number): Promise<void> {
  const { secrets } = ground
  const plant = (what: string, secret: string): string => {
    secrets.set(`${what} ${round}`, secret)
    return secret
  }
  const given = {
    api_key: plant('api key of a peer', opaque()),
    signing_secret: plant('signing secret of a peer', opaque()),
  }
  const registry_url = `${ground.peersUrl}/${round}`
  const { id } = await handOver<{ id: string }>(ground, 'POST', '/federation/peers', {
    ...{ name: `Peer ${round}`, registry_url, ...given },
  })
  const renewed = plant('renewed api key of a peer', opaque())
  await tell(ground, 'PUT', `/federation/peers/${id}`, { body: { api_key: renewed } })
  const token = await handOver<{ id: string; token: string; signing_secret: string }>(
    ...([ground, 'POST', '/federation/tokens', { peer_id: id }] as const),
  )
  plant('token', token.token)
  plant('signing secret of a token', token.signing_secret)
  const made = await handOver<{ key: string; id: string }>(ground, 'POST', '/keys', {
    ...{ name: `Key ${round}`, role: 'publisher' },
  })
  plant('key', made.key)
  const nextToken = await handOver<{ token: string; signing_secret: string }>(
    ...([ground, 'POST', `/federation/tokens/${token.id}/rotate`, {}] as const),
  )
  plant('rotated token', nextToken.token)
  plant('signing secret of a rotated token', nextToken.signing_secret)
  const nextKey = await handOver<{ key: string }>(ground, 'POST', `/keys/${made.id}/rotate`, {})
  plant('rotated key', nextKey.key)
  // As well formed as a key, and of nobody.
  const typo = plant('mistyped key', `${made.key.slice(0, 20)}${opaque()}`)

  await useInvites(ground, round, plant)
  for (const held of [token, nextToken]) await asPeer(ground, registry_url, held)
  for (const secret of [given.api_key, token.token, made.key, nextToken.token, nextKey.key, typo]) {
    await misplace(ground, secret, id)
  }
  await tell(ground, 'POST', '/federation/peers', {
    body: { name: `Again ${round}`, registry_url, ...given },
  })
  await tell(ground, 'POST', `/federation/peers/${id}/check`)
  await tell(ground, 'GET', '/me', { key: made.key })
  if (round % 4 === 0) await tell(ground, 'DELETE', `/keys/${made.id}`)
  if (round % 5 === 0) await tell(ground, 'DELETE', `/federation/peers/${id}`)
}

/** An invite used by a stranger, one used wrongly, and one that leads to a peer which echoes what it is sent. */
async function useInvites(
  ground: Ground,
  round: number,
  plant: (what: string, secret: string) => string,
): Promise<void> {
  const made = await handOver<{ invite: string }>(ground, 'POST', '/federation/invites', {
    auto_accept: true,
  })
  const stranger = ground.strangers[round] ?? assert.fail('too few strangers')
  const message = await stranger.message(made.invite)
  plant('secret of an invite', String(message.enrolment.secret))
  plant('token of who enrols', String(message.enrolment.token))
  // Each round from an address of its own: one alone may try five times an hour.
  const from = `127.0.${4 + (round >> 8)}.${round & 255}`
  const enrol = (body: unknown) => postEnrolment(ground.url, body, from)
  const tampered = await enrol({ ...message, enrolment: { ...message.enrolment, name: 'tampered' } })
  const answer = await enrol(message)
  assert.equal(answer.status, 201, answer.text)
  plant('token by invite', (JSON.parse(answer.text) as { enrolment: { token: string } }).enrolment.token)
  const again = await enrol(message)
  ground.said.push(tampered.text, again.text)
  const paste = parseInvite(made.invite)
  assert.ok(paste.ok)
  const astray = { ...paste.invite, registryUrl: `${ground.peersUrl}/${round}` }
  await tell(ground, 'POST', '/federation/invites/accept', { body: { invite: formatInvite(astray) } })
  const echoed = { ...paste.invite, registryUrl: stranger.url, keyThumbprint: await stranger.thumbprint() }
  stranger.answerWith(403, (sent: string) => ({ detail: `You sent ${sent}` }))
  await tell(ground, 'POST', '/federation/invites/accept', { body: { invite: formatInvite(echoed) } })
}

/** What can be read of a registry, by those who may. */
export async function readEverything(ground: Ground): Promise<void> {
  const search = '/discovery/agents?include_federated=true&limit=100'
  for (const path of [
    ...[`${search}&search=ferry`, `${search}&search=ferry&force_refresh=true`, '/discovery/facets'],
    ...['/agents', '/agents/export', '/keys', '/me', '/settings', '/audit?limit=1000', '/openapi.json'],
    ...['/federation/peers', '/federation/tokens', '/federation/health', '/federation/query-log?limit=100'],
    '/health',
  ]) {
    await tell(ground, 'GET', path)
    await tell(ground, 'GET', path, { key: null })
  }
  const headers = { accept: 'text/event-stream' }
  await tell(ground, 'GET', `${search}&search=harbour`, { headers })
  ground.said.push((await ask('GET', `${ground.url}/metrics`, { key: ground.adminKey })).text)
}

async function asPeer(
  ground: Ground,
  registry: string,
  { token, signing_secret: secret }: { readonly token: string; readonly signing_secret: string },
): Promise<void> {
  const target = '/api/v1/agents?search=ferry'
  const signed = signedBy({ registry, secret }, target)
  const late = signedBy({ registry, secret, at: Date.now() - 3_600_000 }, target)
  const forged = signedBy({ registry, secret: opaque() }, target)
  for (const headers of [
    signed,
    late,
    forged,
    { ...signed, 'x-federation-registry': 'https://b.example' },
    {},
  ]) {
    await tell(ground, 'GET', '/agents?search=ferry', { key: token, headers })
  }
}

/** A secret where it has no place: people paste them everywhere. */
async function misplace(ground: Ground, secret: string, peerId: string): Promise<void> {
  const json = { 'content-type': 'application/json' }
  await tell(ground, 'GET', '/agents', { key: secret })
  await tell(ground, 'GET', '/agents', { key: `${secret}x` })
  await tell(ground, 'GET', '/agents', { headers: { 'x-api-key': secret } })
  await tell(ground, 'GET', '/agents', {
    key: null,
    headers: { authorization: `Basic ${btoa(`u:${secret}`)}` },
  })
  await tell(ground, 'GET', `/agents?api_key=${secret}`)
  await tell(ground, 'GET', `/agents?limit=${secret}&cursor=${secret}&status=${secret}`)
  await tell(ground, 'GET', `/agents?${secret}=1`)
  await tell(ground, 'GET', `/agents/${secret}`)
  await tell(ground, 'GET', `/${secret}`)
  await tell(ground, 'DELETE', `/federation/tokens/${secret}`)
  await tell(ground, 'POST', '/federation/peers', {
    body: { name: 'X', registry_url: secret, api_key: [secret] },
  })
  await tell(ground, 'POST', '/federation/peers', {
    body: { name: 'X', registry_url: `https://u:${secret}@x.example/`, [secret]: secret },
  })
  await tell(ground, 'PUT', `/federation/peers/${peerId}`, { body: { protocol: secret, metadata: secret } })
  await tell(ground, 'POST', '/federation/tokens', { body: { peer_id: secret, scheme: secret } })
  await tell(ground, 'POST', '/keys', { body: { name: 'X', role: secret, owner_id: secret } })
  await tell(ground, 'POST', '/keys', { body: `{"role": "${secret}" oops`, headers: json })
  await tell(ground, 'POST', '/agents', { body: secret, headers: { 'content-type': secret.slice(0, 8) } })
  await tell(ground, 'POST', '/agents/import', {
    body: `{"name": ${secret}}\n`,
    headers: { 'content-type': 'application/x-ndjson' },
  })
}

/** The answer hands a secret over: it alone may hold it. @throws when it is no success. */
async function handOver<T>(ground: Ground, method: string, path: string, body: object): Promise<T> {
  const answer = await ask<T>(method, `${ground.url}/api/v1${path}`, { key: ground.adminKey, body })
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`)
  return answer.body
}

async function tell(ground: Ground, method: string, path: string, options: CallOptions = {}): Promise<void> {
  const answer: Answer<unknown> = await ask(method, `${ground.url}/api/v1${path}`, {
    ...{ key: ground.adminKey, ...options },
  })
  ground.said.push(`${method} ${answer.status} ${JSON.stringify([...answer.headers])} ${answer.text}`)
}

/** A key of another make. Nearly all have digits; those without look like words and are not taken for keys. */
export function opaque(): string {
  const secret = randomBytes(24).toString('base64url')
  return /\d/.test(secret) && /[a-z]/.test(secret) && /[A-Z]/.test(secret) ? secret : opaque()
}
