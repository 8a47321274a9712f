/** What a result says of itself, in words and marks. Pure. */
import type { WireDiscoveredAgent, WireProvenance } from '../../src/wire/discovery.ts'
import { durationInWords } from '../design/durations.ts'
import type { Look } from '../design/looks.ts'

/** Younger copies are as good as the record itself. */
const FRESH_SECONDS = 60

/** How old what is shown is. */
export function freshnessOf({
  is_federated,
  provenance,
}: Pick<WireDiscoveredAgent, 'is_federated' | 'provenance'>): Look {
  if (!is_federated) return { tone: 'ok', shape: 'disc', word: 'kept here' }
  const { age_seconds, stale } = provenance
  if (stale) return { tone: 'warn', shape: 'half', word: `older copy, ${durationInWords(age_seconds)} old` }
  if (age_seconds < FRESH_SECONDS) return { tone: 'ok', shape: 'disc', word: 'fresh' }
  return { tone: 'ok', shape: 'disc', word: `${durationInWords(age_seconds)} old` }
}

/** What is known of who wrote a record: as a word, and explained. */
export function verificationOf({ verification }: Pick<WireProvenance, 'verification'>): {
  readonly word: string
  readonly explained: string
} {
  if (verification === 'unverified') {
    return {
      word: 'unverified',
      explained:
        'The record came from the registry that is named, over a connection to its own address. That the agent’s makers wrote it, or that the agent does what it says, nobody has checked.',
    }
  }
  return { word: verification, explained: `The registry says that this record is ${verification}.` }
}

/** That a name may imitate another, where the API says so; a name stays readable, whatever is said of it. */
export function cautionOf({
  mixed_scripts: mixed = [],
}: Pick<WireProvenance, 'mixed_scripts'>): string | null {
  const names = [
    ...(mixed.includes('name') ? ['name'] : []),
    ...(mixed.includes('provider') ? ['provider’s name'] : []),
  ]
  return names.length === 0
    ? null
    : `A word of its ${names.join(' and of its ')} has letters of several scripts: it may imitate another.`
}

/** `null` for an agent that can be used as ever. */
export function statusLook(status: string): Look | null {
  if (status === 'active') return null
  if (status === 'deprecated') return { tone: 'warn', shape: 'triangle', word: 'deprecated' }
  if (status === 'disabled') return { tone: 'off', shape: 'ring', word: 'disabled' }
  return { tone: 'off', shape: 'ring', word: status }
}

/** The address of an agent's page, from the page's base. */
export function agentAddress(did: string): string {
  return `agent?did=${encodeURIComponent(did)}`
}
