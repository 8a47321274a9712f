/** A peer that could not be asked because of us. */
import type { FailureReason } from '../domain/discovery.ts'
import { SecretBoxError } from '../domain/secrets.ts'

export type OwnFault = { readonly reason: FailureReason; readonly error: string }

/** What to tell of it: the operator can mend what was kept for the peer, and nothing else without the log. */
export function describeOwnFault(error: unknown): OwnFault {
  if (error instanceof SecretBoxError) {
    return {
      reason: 'blocked',
      error:
        'The credentials kept for this peer do not open with our key ring: its api_key must be given anew.',
    }
  }
  return {
    reason: 'bad-response',
    error: 'The peer could not be asked, or its answer not be read, because of a fault on our side.',
  }
}
