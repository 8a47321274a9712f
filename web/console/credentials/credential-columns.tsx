/** What lists of keys and of tokens have in common. */
import type { VNode } from 'preact'
import type { Shape, Tone } from '../../design/looks.ts'
import { Mark } from '../../design/mark.tsx'
import type { Column } from '../../design/table.tsx'
import { Time } from '../../design/time.tsx'
import { type Credential, type CredentialState, describeState, stateOf } from './credential-state.ts'

const LOOKS: Readonly<Record<CredentialState, { readonly tone: Tone; readonly shape: Shape }>> = {
  live: { tone: 'ok', shape: 'disc' },
  ending: { tone: 'warn', shape: 'triangle' },
  replaced: { tone: 'warn', shape: 'half' },
  suspended: { tone: 'warn', shape: 'barred' },
  expired: { tone: 'off', shape: 'ring' },
  revoked: { tone: 'off', shape: 'cross' },
}

type Shown = Credential & { readonly hint: string; readonly suspension_reason?: string | null }

/** How it begins and ends, state, end and last use. */
export const CREDENTIAL_COLUMNS: readonly Column<Shown>[] = [
  { head: 'Hint', cell: ({ hint }) => <code class="word">{hint}</code> },
  { head: 'State', cell: (credential) => <State credential={credential} /> },
  { head: 'Expires', cell: ({ expires_at }) => <Time at={expires_at} never="no end" /> },
  { head: 'Last used', cell: ({ last_used_at }) => <Time at={last_used_at} as="age" /> },
]

function State({ credential }: { readonly credential: Shown }): VNode {
  const state = stateOf(credential, Date.now())
  const { suspension_reason: reason } = credential
  return (
    <>
      <Mark {...LOOKS[state]}>{describeState(state)}</Mark>
      {state === 'suspended' && reason !== null && reason !== undefined && <div dir="auto">{reason}</div>}
    </>
  )
}
