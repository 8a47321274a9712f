/** Peers are named by people, and by identifiers in the API. */
import { EXIT } from './exit-codes.ts'
import { CliFailure } from './failure.ts'
import { listOf, textOf } from './read-answer.ts'
import type { RegistryClient } from './registry-client.ts'

/**
 * The identifier of the peer with this id or, without case, this name; ready for a path.
 * @throws CliFailure when there is none.
 */
export async function findPeerId(client: RegistryClient, reference: string): Promise<string> {
  if (UUID.test(reference)) return reference
  const { value } = await client.request('GET', '/federation/peers')
  const name = reference.toLowerCase()
  const peer = listOf(value, 'peers').find((one) => textOf(one, 'name').toLowerCase() === name)
  if (peer !== undefined) return encodeURIComponent(textOf(peer, 'id'))
  throw new CliFailure(
    EXIT.notFound,
    `No peer is called ${JSON.stringify(reference)}; "peer list" shows all.`,
  )
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
