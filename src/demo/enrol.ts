/** Makes two registries peers, as their operators would: one gives a token, the other adds the peer with it. */
import type { RegistryProcess } from './registry-process.ts'

/** Lets `asker` ask `answerer`. */
export async function enrol(asker: RegistryProcess, answerer: RegistryProcess): Promise<void> {
  const given = await answerer.call('POST', '/federation/tokens', {
    name: asker.name,
    registry_url: asker.url,
  })
  const { token, signing_secret } = readToken(given)
  await asker.call('POST', '/federation/peers', {
    name: answerer.name,
    registry_url: answerer.url,
    api_key: token,
    signing_secret,
  })
}

function readToken(answer: unknown): { token: string; signing_secret: string } {
  const { token, signing_secret } = answer as { token?: unknown; signing_secret?: unknown }
  if (typeof token !== 'string' || typeof signing_secret !== 'string') {
    throw new Error('the answer to POST /federation/tokens has no token')
  }
  return { token, signing_secret }
}
