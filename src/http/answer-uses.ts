/**
 * How often answers were given that were made for somebody else. What came of their peers counts for every search that
 * shows it; counting it peer by peer each time would cost a ready answer more than sending it.
 */
import type { FederationStats, PeerRow } from '../domain/discovery.ts'
import type { HttpEvents } from './http-events.ts'

/**
 * What came of the peers in an answer, as far as it is counted. An answer that is kept has this and not its account:
 * fifty lines that live for a second or two are what V8's collector has most to carry along.
 */
export type PeersShown = readonly PeersAlike[]

/** The names of the peers that one thing came of. */
type PeersAlike = Pick<PeerRow, 'outcome' | 'cache'> & { readonly names: readonly string[] }

/** Those who were not to be asked are left out. */
export function peersShown(stats: FederationStats | null): PeersShown {
  const groups: (PeersAlike & { readonly names: string[] })[] = []
  for (const { name, outcome, cache, reason } of stats?.peers ?? []) {
    if (reason === 'not-selected') continue
    const group = groups.find((one) => one.outcome === outcome && one.cache === cache)
    if (group === undefined) groups.push({ outcome, cache, names: [name] })
    else group.names.push(name)
  }
  return groups
}

export interface AnswerUses {
  /** Notes one use of an answer that shows this. */
  note(shown: PeersShown): void
  /** Tells what was noted; to be called before figures are read. */
  tell(): void
}

const MOST_NOTED = 256

export function createAnswerUses(events: Pick<HttpEvents, 'peersShownAgain'>): AnswerUses {
  let uses = new Map<PeersShown, number>()
  const tell = (): void => {
    const noted = uses
    uses = new Map()
    for (const [shown, times] of noted) events.peersShownAgain(shown, times)
  }
  return {
    note(shown) {
      if (shown.length === 0) return
      uses.set(shown, (uses.get(shown) ?? 0) + 1)
      if (uses.size >= MOST_NOTED) tell()
    },
    tell,
  }
}
