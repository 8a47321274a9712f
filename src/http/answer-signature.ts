/** Answers to requests that a peer signed with its key are signed with ours, whatever they say. */
import type { FastifyReply } from 'fastify'
import type { Clock } from '../domain/ports.ts'
import type { SigningIdentity } from '../security/identity.ts'
import { signResponse } from '../security/signature-response.ts'
import type { SignedRequestReference } from '../security/signature-rfc9421.ts'

/** Signs one answer by adding headers to it, when its status and body are what will be sent. */
export type AnswerSigner = (
  signed: SignedRequestReference,
  answer: { readonly reply: FastifyReply; readonly payload: unknown },
) => Promise<void>

export function createAnswerSigner(
  identity: Pick<SigningIdentity, 'current'>,
  clock: Pick<Clock, 'now'>,
): AnswerSigner {
  return async (signed, { reply, payload }) => {
    const body = bytesOf(payload)
    // What is streamed is not known before it is sent. Nothing that peers may ask for is.
    if (body === undefined) return
    const signer = await identity.current()
    const { statusCode: status } = reply
    reply.headers(signResponse({ status, body }, signed, { signer, now: clock.now() / 1000 }))
  }
}

function bytesOf(payload: unknown): Uint8Array | undefined {
  if (payload === null || payload === undefined) return EMPTY
  if (typeof payload === 'string') return Buffer.from(payload)
  return payload instanceof Uint8Array ? payload : undefined
}

const EMPTY = new Uint8Array(0)
