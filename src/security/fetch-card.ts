/** Looks for the card of an agent at an address that a publisher gave, through the guarded client. */
import { parseJson } from './json-guard.ts'
import type { Outbound, OutboundResponse } from './outbound.ts'

/**
 * The card as it was sent; or what came of each address that was tried, in order. Whose host was not reached may have one
 * all the same.
 */
export type FetchedCard =
  | {
      readonly ok: true
      readonly url: string
      readonly bytes: Uint8Array
      /** In lower case, without parameters. */
      readonly mediaType: string
    }
  | {
      readonly ok: false
      readonly wasReached: boolean
      readonly tried: readonly { readonly url: string; readonly problem: string }[]
    }

export type FetchCardOptions = {
  readonly outbound: Pick<Outbound, 'request'>
  /** Ends the whole search. */
  readonly signal: AbortSignal
  readonly maxBytes: number
  readonly maxDepth: number
  /** Whether a parsed answer is a card of a format that is known here. */
  readonly isCard: (value: unknown) => boolean
}

/** The first address, of those where an agent shows its card, at which there is one. Nothing is sent but the question. */
export async function fetchCard(address: URL, options: FetchCardOptions): Promise<FetchedCard> {
  const tried: { url: string; problem: string }[] = []
  for (const url of cardAddresses(address)) {
    const found = await look(url, options)
    if (found.kind === 'card') return { ok: true, url, bytes: found.bytes, mediaType: found.mediaType }
    tried.push({ url, problem: found.problem })
    // The others are at the same host, which does not answer.
    if (found.kind === 'no-answer') return { ok: false, wasReached: false, tried }
  }
  return { ok: false, wasReached: true, tried }
}

/**
 * Where the card of an agent may be, likeliest first: at the very address, if that is more than a host; at the well-known
 * place below it, which registries of several agents on one host use; and at that of the host.
 *
 * @see https://a2a-protocol.org/latest/specification/ (Agent discovery: `/.well-known/agent-card.json`; before 0.3
 *   `/.well-known/agent.json`)
 */
export function cardAddresses(address: URL): string[] {
  const { origin, pathname, search } = address
  const place = pathname.replace(/\/+$/, '')
  if (/\.json$/i.test(place)) return [origin + pathname + search]
  const itself = place === '' && search === '' ? [] : [origin + pathname + search]
  const below = [...new Set([origin + place, origin])]
  return [
    ...itself,
    ...below.map((root) => `${root}/.well-known/agent-card.json`),
    ...below.map((root) => `${root}/.well-known/agent.json`),
  ]
}

type Look =
  | { readonly kind: 'card'; readonly bytes: Uint8Array; readonly mediaType: string }
  | { readonly kind: 'no-card' | 'no-answer'; readonly problem: string }

async function look(
  url: string,
  { outbound, signal, maxBytes, maxDepth, isCard }: FetchCardOptions,
): Promise<Look> {
  const result = await outbound.request({
    purpose: 'card',
    url,
    method: 'GET',
    headers: { accept: 'application/json, application/a2a-agent-card+json' },
    signal,
    maxBodyBytes: maxBytes,
  })
  if (result.kind === 'failed') {
    return { kind: result.reason === 'bad-response' ? 'no-card' : 'no-answer', problem: result.detail }
  }
  if (result.status !== 200) return { kind: 'no-card', problem: `It answered ${result.status}.` }
  const json = parseJson(result.body, { maxDepth, isPlaceTold: false })
  if (!json.ok) return { kind: 'no-card', problem: 'Its answer is not JSON.' }
  if (!isCard(json.value)) return { kind: 'no-card', problem: 'Its answer is no card of a known format.' }
  return { kind: 'card', bytes: result.body, mediaType: mediaTypeOf(result) }
}

/** Servers name cards as they please: what is no kind of JSON is called JSON, which it is. */
function mediaTypeOf({ headers }: OutboundResponse): string {
  const [type = ''] = (headers['content-type'] ?? '').split(';')
  const given = type.trim().toLowerCase()
  return /^application\/([a-z0-9.-]{1,100}\+)?json$/.test(given) ? given : 'application/json'
}
