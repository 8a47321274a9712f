/** Registries that are none of ours: each can prove a key at its address, and say anything to anyone. */
import assert from 'node:assert/strict'
import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import type { TestContext } from 'node:test'
import { mintKeyPair } from '../../src/security/ed25519-key.ts'
import { type SignedMessage, signEnrolment } from '../../src/security/enrolment.ts'
import { createIdentity, type SigningIdentity } from '../../src/security/identity.ts'
import { parseInvite } from '../../src/security/invites.ts'
import { mintToken } from '../../src/security/tokens.ts'
import { sendJson, serve, type TestServer } from './federation.ts'
import type { Problem } from './registry.ts'

export type Attempt = {
  /** Claims this address instead of its own. */
  readonly registryUrl?: string
  /** Names this registry as the one it is for. */
  readonly to?: string
  readonly signWith?: SigningIdentity
  /** Changes the message after it was signed. */
  readonly tamper?: (enrolment: SignedMessage['enrolment']) => SignedMessage['enrolment']
  /** The address of this machine it comes from. */
  readonly from?: string
}

export type Stranger = {
  readonly url: string
  /** Where all strangers of one test are. */
  readonly server: TestServer
  thumbprint(): Promise<string>
  /** What it says to use an invite. */
  message(paste: string, attempt?: Attempt): Promise<SignedMessage>
  /** Uses an invite. */
  enrol(
    paste: string,
    attempt?: Attempt,
  ): Promise<{ readonly status: number; readonly body: Problem; readonly text: string }>
  /** Shows another key from now on. */
  changeKey(): Promise<void>
  /** What it says to whoever uses an invite of its; a function is given what was sent. */
  answerWith(status: number, body: unknown): void
}

/** An identity that nobody knows. */
export async function freshIdentity(origin: string): Promise<SigningIdentity> {
  const key = { ...mintKeyPair(), createdAt: 0, signsFrom: 0, publishedUntil: null }
  return createIdentity({ origin, store: { list: async () => [key] }, now: Date.now })
}

/** So many registries, by path at one address of loopback. */
export async function startStrangers(t: TestContext, count: number): Promise<Stranger[]> {
  const identities: SigningIdentity[] = []
  const answers: { readonly status: number; readonly body: unknown }[] = []
  const server = await serve(async (incoming, response) => {
    const place = Number(incoming.url?.split('/')[1])
    if (incoming.method === 'GET') return sendJson(response, await identities[place]?.document())
    const { status, body } = answers[place] ?? { status: 404, body: {} }
    const sent = await text(incoming)
    return sendJson(response, typeof body === 'function' ? body(sent) : body, status)
  })
  t.after(() => server[Symbol.asyncDispose]())
  const strangers: Stranger[] = []
  for (let place = 0; place < count; place += 1) {
    const url = `${server.url}/${place}`
    const changeKey = async () => {
      identities[place] = await freshIdentity(url)
    }
    await changeKey()
    const identity = (): SigningIdentity => identities[place] ?? assert.fail()
    strangers.push({
      ...{ url, server, changeKey },
      thumbprint: async () => (await identity().current()).thumbprint,
      message: (paste, attempt = {}) => messageOf(paste, attempt, { url, identity: identity() }),
      async enrol(paste, attempt = {}) {
        const message = await messageOf(paste, attempt, { url, identity: identity() })
        const answer = await postEnrolment(inviterOf(paste).registryUrl, message, attempt.from)
        return { ...answer, body: JSON.parse(answer.text) as Problem }
      },
      answerWith(status, body) {
        answers[place] = { status, body }
      },
    })
  }
  return strangers
}

function inviterOf(paste: string) {
  const read = parseInvite(paste)
  assert.ok(read.ok)
  return read.invite
}

async function messageOf(
  paste: string,
  attempt: Attempt,
  { url, identity }: { readonly url: string; readonly identity: SigningIdentity },
): Promise<SignedMessage> {
  const { registryUrl: inviter, secret } = inviterOf(paste)
  const about = {
    to: attempt.to ?? inviter,
    registryUrl: attempt.registryUrl ?? url,
    name: `Stranger ${url}`,
  }
  const signed = await signEnrolment(
    { ...about, secret, token: mintToken('avf') },
    attempt.signWith ?? identity,
  )
  return { ...signed, enrolment: attempt.tamper?.(signed.enrolment) ?? signed.enrolment }
}

/** Posts an enrolment from an address of this machine. */
export function postEnrolment(
  registryUrl: string,
  message: unknown,
  from: string = '127.0.0.1',
): Promise<{ readonly status: number; readonly text: string }> {
  const answered = Promise.withResolvers<{ readonly status: number; readonly text: string }>()
  const outgoing = request(`${registryUrl}/api/v1/federation/enroll`, {
    ...{ method: 'POST', localAddress: from, headers: { 'content-type': 'application/json' } },
  })
  outgoing.once('error', answered.reject)
  outgoing.once('response', async (response) => {
    answered.resolve({ status: response.statusCode ?? 0, text: await text(response) })
  })
  outgoing.end(JSON.stringify(message))
  return answered.promise
}
