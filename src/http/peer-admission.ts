/** Which addresses may be peers' and what a conflict means. */
import { mintDid } from '../cards/did.ts'
import type { AgentId } from '../domain/agent.ts'
import type { PeerConflict } from '../domain/ports.ts'
import { ProblemError } from '../problem.ts'
import type { HttpDeps } from './deps.ts'

/** @throws ProblemError 422 for our own address, or one outside what may be contacted. */
export async function admitAddress(
  registryUrl: string,
  deps: Pick<HttpDeps, 'self' | 'checkPeerAddress'>,
): Promise<void> {
  if (isSameRegistry(registryUrl, deps.self.url))
    throw forbidden('This is the address of this registry itself.')
  const check = await deps.checkPeerAddress(registryUrl)
  if (!check.ok) throw forbidden(check.detail)
}

/** DIDs write all loopback addresses as one, since all of them lead here. */
function isSameRegistry(one: string, other: string): boolean {
  const root = (url: string): string => mintDid(url, 'any' as AgentId)
  return new URL(one).protocol === new URL(other).protocol && root(one) === root(other)
}

export function peerConflict(conflict: PeerConflict): ProblemError {
  if (conflict.kind === 'name-taken')
    return new ProblemError('peer-exists', 'Another peer has this name already.')
  const { peer } = conflict
  const state = peer.isActive ? 'and is asked already' : 'but is not asked: change it with `PUT`'
  return new ProblemError(
    'peer-exists',
    `A peer with this address is known as "${peer.name}" (${peer.id}), ${state}.`,
  )
}

export function peerNotFound(): ProblemError {
  return new ProblemError('peer-not-found', 'No peer has this id.')
}

function forbidden(detail: string): ProblemError {
  return new ProblemError('peer-address-forbidden', detail, {
    errors: [{ pointer: '/registry_url', message: detail }],
  })
}
