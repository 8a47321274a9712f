/** Asks a registry who it is, through the guarded client, and believes nothing that its keys have not signed. */

import { parseJson } from './json-guard.ts'
import type { Outbound } from './outbound.ts'
import { REGISTRY_DOCUMENT_PATH, type ReadDocument, readRegistryDocument } from './registry-document.ts'

const MAX_DOCUMENT_BYTES = 64 * 1024
const MAX_DEPTH = 8

/**
 * @param registryUrl normalised, of a peer that is enrolled or being added.
 * @param options.now Unix ms.
 */
export async function fetchRegistryDocument(
  registryUrl: string,
  options: {
    readonly outbound: Pick<Outbound, 'request'>
    readonly now: () => number
    readonly signal: AbortSignal
  },
): Promise<ReadDocument> {
  const result = await options.outbound.request({
    purpose: 'peer',
    peerOrigin: registryUrl,
    url: registryUrl + REGISTRY_DOCUMENT_PATH,
    method: 'GET',
    headers: { accept: 'application/json' },
    signal: options.signal,
    maxBodyBytes: MAX_DOCUMENT_BYTES,
  })
  if (result.kind === 'failed') return { ok: false, problem: result.detail }
  if (result.status !== 200) {
    return { ok: false, problem: `It answered ${result.status} when asked for its registry document.` }
  }
  const json = parseJson(result.body, { maxDepth: MAX_DEPTH, isPlaceTold: false })
  if (!json.ok) return { ok: false, problem: `Its registry document cannot be read. ${json.detail}` }
  return readRegistryDocument(json.value, { origin: registryUrl, now: options.now() })
}
