/** Makes two registries peers, as their operators would: one makes an invite, the other uses it. */
import type { RegistryProcess } from './registry-process.ts'

/** Lets both ask each other. */
export async function befriend(inviter: RegistryProcess, invited: RegistryProcess): Promise<void> {
  const made = await inviter.call('POST', '/federation/invites', { auto_accept: true })
  await invited.call('POST', '/federation/invites/accept', { invite: readInvite(made) })
}

function readInvite(answer: unknown): string {
  const { invite } = answer as { invite?: unknown }
  if (typeof invite !== 'string') throw new Error('the answer to POST /federation/invites has no invite')
  return invite
}
