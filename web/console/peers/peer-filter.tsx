/** Which peers are shown: by words and by state, kept in the address. */
import type { VNode } from 'preact'
import type { Peer } from '../../api/peers.ts'
import { Field } from '../../design/field.tsx'
import { lookOfPeer } from './peer-words.ts'

const STATES = ['all', 'well', 'failing', 'waiting', 'off'] as const
type State = (typeof STATES)[number]

export type PeerFilter = { readonly words: string; readonly state: State }

export const NO_PEER_FILTER: PeerFilter = { words: '', state: 'all' }

const STATE_WORDS: Readonly<Record<State, string>> = {
  all: 'Any state',
  well: 'Healthy',
  failing: 'Failing',
  waiting: 'Waiting for confirmation',
  off: 'Not asked',
}

export function readPeerFilter(search: URLSearchParams): PeerFilter {
  const state = STATES.find((one) => one === search.get('state')) ?? 'all'
  return { words: search.get('words') ?? '', state }
}

/** The end of an address; empty for no filter. */
export function writePeerFilter({ words, state }: PeerFilter): string {
  const search = new URLSearchParams()
  if (words !== '') search.set('words', words)
  if (state !== 'all') search.set('state', state)
  return search.size === 0 ? '' : `?${search}`
}

export function passesFilter(peer: Peer, { words, state }: PeerFilter): boolean {
  const text = `${peer.name} ${peer.registry_url}`.toLowerCase()
  const isMeant = words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word))
  return isMeant && (state === 'all' || stateOf(peer) === state)
}

function stateOf(peer: Peer): State {
  if (peer.awaits_confirmation) return 'waiting'
  if (!peer.is_active) return 'off'
  const { tone } = lookOfPeer(peer)
  if (tone === 'off') return 'all'
  return tone === 'ok' ? 'well' : 'failing'
}

export function PeerFilterForm({
  filter,
  onChange,
}: {
  readonly filter: PeerFilter
  readonly onChange: (filter: PeerFilter) => void
}): VNode {
  return (
    <search class="peer-filters" aria-label="Filter the peers">
      <Field label="Name or address">
        {(control) => (
          <input
            {...control}
            {...{ type: 'search', value: filter.words, spellcheck: false }}
            onInput={({ currentTarget }) => onChange({ ...filter, words: currentTarget.value })}
          />
        )}
      </Field>
      <Field label="State">
        {(control) => (
          <select
            {...control}
            value={filter.state}
            onChange={({ currentTarget: { value } }) =>
              onChange({ ...filter, state: STATES.find((state) => state === value) ?? 'all' })
            }
          >
            {STATES.map((state) => (
              <option key={state} value={state}>
                {STATE_WORDS[state]}
              </option>
            ))}
          </select>
        )}
      </Field>
    </search>
  )
}
