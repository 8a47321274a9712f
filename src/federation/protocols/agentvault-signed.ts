/**
 * Asking a peer that knows us by our key, as we know it by its own: the request is signed (RFC 9421), and of the answer
 * nothing is believed that the peer has not signed over this very request.
 */
import type { Peer } from '../../domain/peer.ts'
import { type PublicKey, readPublicKey } from '../../security/ed25519-key.ts'
import type { OutboundResponse, OutboundResult } from '../../security/outbound.ts'
import { verifyResponse } from '../../security/signature-response.ts'
import { type SignedRequestReference, signRequest } from '../../security/signature-rfc9421.ts'
import type { SignatureVerdict } from '../../security/signature-verdict.ts'
import type { ProtocolContext } from './protocol.ts'

/** Answers travel for seconds, clocks differ by minutes; that it is new, our own nonce says. */
const MAX_ANSWER_AGE_SECONDS = 300

/** @param asking.send sends the request with these headers beside its own. */
export async function askSigned(
  peer: Peer,
  request: { readonly url: URL; readonly headers: Readonly<Record<string, string>> },
  asking: {
    readonly context: ProtocolContext
    readonly send: (signature: Readonly<Record<string, string>>) => Promise<OutboundResult>
  },
): Promise<OutboundResult> {
  const { context, send } = asking
  const { url, headers } = request
  const signer = await context.credentials.signer?.()
  const { authorization, 'x-federation-registry': registry = '' } = headers
  if (signer === undefined || authorization === undefined) return blocked(NOTHING_TO_SIGN)
  const now = (): number => context.clock.now() / 1000
  const parts = {
    method: 'GET',
    authority: url.host,
    path: url.pathname,
    query: url.search || '?',
    body: NO_BODY,
    ...{ registry, authorization },
  }
  const { headers: signature, reference } = signRequest(parts, { signer, now: now() })
  const result = await send({ ...signature, 'accept-encoding': 'identity' })
  if (result.kind === 'failed') return result
  const verdict = judge(result, reference, { peer, now: now() })
  return verdict.ok ? result : { kind: 'failed', reason: 'bad-response', detail: verdict.detail }
}

const NO_BODY = new Uint8Array(0)
const NOTHING_TO_SIGN =
  'Its requests must be signed by rfc9421-ed25519, which takes a token of the peer (api_key) and a key of ours.'

/**
 * What is believed, or is an answer at all: records, their absence, that nothing has changed. A refusal or a failure
 * may come from a gateway, or from a registry that could not tell who asked; all it can do is end the question.
 */
const BELIEVED: ReadonlySet<number> = new Set([200, 304, 404, 410, 451])

function judge(
  response: OutboundResponse,
  request: SignedRequestReference,
  { peer, now }: { readonly peer: Peer; readonly now: number },
): SignatureVerdict {
  const isUnsigned = response.headers['signature-input'] === undefined
  if (isUnsigned && !BELIEVED.has(response.status)) return { ok: true }
  // The signature covers the bytes on their way; of what was packed we have only the contents.
  if (response.headers['content-encoding'] !== undefined) {
    return {
      ok: false,
      reason: 'mismatch',
      detail: 'Its answer was compressed on its way, so its signature cannot be checked.',
    }
  }
  const clock = { now, maxAgeSeconds: MAX_ANSWER_AGE_SECONDS }
  return verifyResponse(response, request, { keys: keysOf(peer), clock })
}

function keysOf({ publicKey, previousPublicKey }: Peer): PublicKey[] {
  return [publicKey, previousPublicKey].flatMap((text) => {
    const read = text === null ? null : readPublicKey(text)
    return read?.ok ? [read.key] : []
  })
}

function blocked(detail: string): OutboundResult {
  return { kind: 'failed', reason: 'blocked', detail }
}
