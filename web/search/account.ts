/** What became of each registry of a search, in sentences. Pure. */
import type { WireFederationStats } from '../../src/wire/discovery.ts'
import { durationInWords, milliseconds, untilInWords } from '../design/durations.ts'
import { plainText } from '../design/foreign-text.ts'
import type { RegistryLine, SearchState } from './search-state.ts'

/**
 * One registry's sentence, without its name; its own explanation stands beside it.
 * @param now Unix ms.
 */
export function lineInWords(line: RegistryLine, now: number): string {
  switch (line.outcome) {
    case undefined:
      return 'is still being asked.'
    case 'answered':
      return `${answered(line)}${extras(line)}`
    case 'stale':
      return `gave nothing newer, so ${results(line)} of ${ago(line)} ${line.results === 1 ? 'is' : 'are'} shown${retry(line, now)}.${extras(line)}`
    case 'timeout':
      return `did not answer within ${milliseconds(line.duration_ms ?? 0)}. What it has is not shown.`
    case 'unreachable':
      return 'could not be reached. What it has is not shown.'
    case 'refused':
      return 'does not accept this registry’s token or signature. An operator has to renew it.'
    case 'rate-limited':
      return 'has had too many questions from this registry. What it has is not shown.'
    case 'bad-response':
      return 'answered with something that is no answer. What it has is not shown.'
    case 'blocked':
      return 'may not be asked: its address, its protocol or the registry itself is blocked here.'
    case 'skipped':
      return skipped(line, now)
    default:
      return `ended with “${line.outcome}”.`
  }
}

function answered(line: RegistryLine): string {
  const found = results(line)
  if (line.cache === 'hit') return `gave ${found}, from its answer of ${ago(line)}.`
  if (line.cache === 'revalidating') return `gave ${found} ${ago(line)}, and is being asked again.`
  return `answered with ${found} in ${milliseconds(line.duration_ms ?? 0)}.`
}

function results({ results: count = 0, more }: RegistryLine): string {
  const counted = count === 1 ? '1 result' : `${count === 0 ? 'no' : count} results`
  return more === true ? `${counted} and has more` : counted
}

function ago({ age_seconds = 0 }: RegistryLine): string {
  return `${durationInWords(age_seconds)} ago`
}

function extras({ dropped_records = 0, scoring }: RegistryLine): string {
  const dropped =
    dropped_records === 0
      ? ''
      : ` ${dropped_records} ${dropped_records === 1 ? 'record was' : 'records were'} left out as broken, repeated or not asked for.`
  const pooled =
    scoring === 'pooled' ? ' It sent no usable figures, so its records were ranked by the others’.' : ''
  return dropped + pooled
}

function skipped(line: RegistryLine, now: number): string {
  if (line.reason === 'not-selected') return 'was not asked, since others were chosen.'
  if (line.reason === 'breaker-open')
    return `was not asked: it has failed too often of late${retry(line, now)}.`
  if (line.reason === 'budget')
    return `was not asked: other searches use up what it allows${retry(line, now)}.`
  return 'was not asked.'
}

function retry({ retry_at }: RegistryLine, now: number): string {
  const seconds = (Date.parse(retry_at ?? '') - now) / 1_000
  return seconds > 0 ? `; it can be asked again ${untilInWords(seconds)}` : ''
}

/** Its own explanation, where that says more than the sentence. */
export function explanationOf({ outcome, error }: RegistryLine): string | null {
  return outcome === 'timeout' || outcome === 'answered' ? null : (error ?? null)
}

/** The whole, as the API counts it: every number is one of its own. */
export function totalInWords(stats: WireFederationStats): string {
  const { queried_registries: asked, successful_queries: good, failed_queries: bad } = stats
  const { skipped_registries: left, total_federated_results: found } = stats
  if (asked + left === 0) return 'This registry has no peers.'
  const gave = `${found === 0 ? 'no results' : found === 1 ? '1 result' : `${found} results`}`
  const parts = [
    `Of ${asked + left} ${asked + left === 1 ? 'peer' : 'peers'}, ${good} answered`,
    ...(bad > 0 ? [`${bad} failed`] : []),
    ...(left > 0 ? [`${left} ${left === 1 ? 'was' : 'were'} not asked`] : []),
  ]
  return `${parts.join(', ')}. Together they gave ${gave}, before copies of one agent were put together.`
}

/** Whether every peer answered that the searcher did not leave out. */
export function isWhole(stats: WireFederationStats): boolean {
  return stats.complete || silentPeers(stats).length === 0
}

/** Whether something may be missing, and where. */
export function completenessInWords(stats: WireFederationStats): string {
  if (stats.complete) return 'Every peer answered.'
  if (isWhole(stats)) return 'Every peer that was chosen answered.'
  const names = silentPeers(stats).map(({ name }) => isolated(plainText(name)))
  return `Not heard, so what they have now may be missing: ${names.join(', ')}.`
}

function silentPeers({ peers }: WireFederationStats): WireFederationStats['peers'] {
  return peers.filter(({ outcome, reason }) => outcome !== 'answered' && reason !== 'not-selected')
}

/** In one sentence with others, where no element can stand around it, a name turns nothing but itself. */
function isolated(name: string): string {
  return `\u2068${name}\u2069`
}

/** In a few words, for who hears the page and for the head of a narrow one. */
export function progressInWords({ phase, peers, local, needsKeyForPeers }: SearchState): string {
  if (phase === 'failed') return 'The search failed.'
  if (needsKeyForPeers) return 'This registry only.'
  const asked = peers.filter(({ outcome }) => outcome !== 'skipped')
  const answeredCount = asked.filter(({ outcome }) => outcome === 'answered').length
  const silent = asked.filter(({ outcome }) => outcome !== undefined && outcome !== 'answered').length
  const own = local === null ? 0 : 1
  const total = asked.length + own
  if (phase === 'asking') return 'Asking …'
  const failed = silent === 0 ? '' : `, ${silent} did not`
  const left = asked.length === peers.length ? '' : `, ${peers.length - asked.length} not asked`
  return `${answeredCount + own} of ${total} ${total === 1 ? 'registry' : 'registries'} answered${failed}${left}`
}
