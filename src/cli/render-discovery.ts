/** The answer to a search as a person wants it: numbered results, then the account of every registry asked. */
import { styleText } from 'node:util'
import { cleanLine } from '../security/text.ts'
import { displayWidth, padTo, truncate } from './display-width.ts'
import type { ShownAgent, ShownAnswer, ShownPeer } from './shown-answer.ts'
import { renderTable } from './table.ts'

export type DiscoveryStyle = {
  /** Columns; without an end, lines are cut at 120. */
  readonly width: number
  readonly color: boolean
}

type Format = Parameters<typeof styleText>[0]
type Paint = (format: Format, text: string) => string

const WIDEST = 120 // descriptions run to 4,000 characters, which nobody reads in one line

/**
 * Text from records and peers is cleaned: none of it can move the cursor, colour the terminal or reorder a line.
 * Ends with a line feed.
 */
export function renderDiscovery(answer: ShownAnswer, { width, color }: DiscoveryStyle): string {
  const paint: Paint = (format, text) =>
    color && text !== '' ? styleText(format, text, { validateStream: false }) : text
  const columns = Math.min(width, WIDEST)
  const peers = answer.federation_stats?.peers
  return [
    ...answer.agents.map((agent, index) => renderAgent(agent, `${index + 1}.`, { columns, paint })),
    ...(peers === undefined || peers.length === 0 ? [] : [renderPeers(peers, { columns, paint })]),
    ...(answer.warnings ?? []).map((warning) => `${paint('yellow', 'Note:')} ${cleanLine(warning)}\n`),
    `${paint('bold', summarize(answer))}\n`,
  ].join('\n')
}

/**
 * Whether every registry that was to be asked has answered. Peers the asker left out are not missed.
 * An answer without an account of peers is whole.
 */
export function isComplete(answer: ShownAnswer): boolean {
  return wantedPeers(answer).every(({ outcome }) => outcome === 'answered')
}

function wantedPeers(answer: ShownAnswer): readonly ShownPeer[] {
  return (answer.federation_stats?.peers ?? []).filter(({ reason }) => reason !== 'not-selected')
}

type Page = { readonly columns: number; readonly paint: Paint }

function renderAgent(agent: ShownAgent, number: string, { columns, paint }: Page): string {
  const indent = ' '.repeat(number.length + 1)
  const room = columns - indent.length
  const type = cleanLine(agent.agent_type)
  const name = truncate(cleanLine(agent.name), Math.max(room - type.length - 2, 1))
  const status = agent.status === 'deprecated' ? `  ${paint('yellow', 'deprecated')}` : ''
  const lines = [
    paint('yellow', truncate(warningOf(agent), room)),
    truncate(cleanLine(agent.description), room),
    paint('dim', truncate(whereFrom(agent), room)),
    paint('dim', truncate(cleanLine(agent.did), room)),
  ]
  return [
    `${number} ${paint('bold', name)}  ${paint('cyan', type)}${status}`,
    ...lines.filter((line) => line !== '').map((line) => indent + line),
    '',
  ].join('\n')
}

/** A name stays readable, whatever is said of it: it may be honest. */
function warningOf({ mixed_scripts: mixed = [] }: ShownAgent): string {
  const names = [
    ...(mixed.includes('name') ? ['name'] : []),
    ...(mixed.includes('provider') ? ["provider's name"] : []),
  ]
  return names.length === 0
    ? ''
    : `! A word of its ${names.join(' and of its ')} has letters of several scripts: it may imitate another.`
}

function whereFrom({ registry_name, also_in }: ShownAgent): string {
  const others = [...new Set(also_in.map((copy) => cleanLine(copy.registry_name)))]
  return `from ${cleanLine(registry_name)}${others.length === 0 ? '' : `, also in ${others.join(', ')}`}`
}

const PEER_COLUMNS = [
  { title: '' },
  { title: 'Registry', canShrink: true },
  { title: 'Outcome' },
  { title: 'Results', align: 'right' },
  { title: 'ms', align: 'right' },
] as const

/** One line for every active peer: a failed one is never taken for one without results. */
function renderPeers(peers: readonly ShownPeer[], { columns, paint }: Page): string {
  const rows = peers.map((peer) => [
    markOf(peer),
    peer.name,
    peer.outcome,
    peer.outcome === 'answered' || peer.outcome === 'stale' ? String(peer.results ?? 0) : '',
    peer.duration_ms === undefined ? '' : String(Math.round(peer.duration_ms)),
  ])
  const [titles = '', ...lines] = renderTable(PEER_COLUMNS, rows, columns).trimEnd().split('\n')
  const remarked = peers.map((peer, index) => {
    const line = padTo(lines[index] ?? '', displayWidth(titles))
    return paintMark(withRemark(line, cleanLine(remarkOn(peer)), columns), paint)
  })
  return [paint('dim', titles), ...remarked, ''].join('\n')
}

/** A reason is never cut: one too long for its line gets the next. */
function withRemark(line: string, remark: string, columns: number): string {
  if (remark === '') return line.trimEnd()
  const isFitting = displayWidth(line) + 2 + displayWidth(remark) <= columns
  return isFitting ? `${line}  ${remark}` : `${line.trimEnd()}\n   ${remark}`
}

function markOf({ outcome }: ShownPeer): string {
  if (outcome === 'answered') return '✓'
  if (outcome === 'stale') return '~'
  return outcome === 'skipped' ? '–' : '✗'
}

/** Painted after the columns are aligned: colours take no room, but count as characters. */
function paintMark(line: string, paint: Paint): string {
  const mark = line.charAt(0)
  const rest = line.slice(1)
  if (mark === '✓') return paint('green', mark) + rest
  if (mark === '✗') return paint('red', mark) + rest
  return mark === '–' || mark === '~' ? paint('yellow', mark) + rest : line
}

function remarkOn(peer: ShownPeer): string {
  if (peer.outcome === 'skipped') {
    const retry = peer.retry_at ? `, retried after ${peer.retry_at.slice(11, 19)}Z` : ''
    return `${SKIP_REASONS[peer.reason ?? ''] ?? peer.reason ?? ''}${retry}`
  }
  if (peer.outcome === 'stale') return `as of ${peer.age_seconds ?? 0} s ago: ${peer.error ?? ''}`
  if (peer.outcome !== 'answered') return peer.error ?? ''
  const dropped = peer.dropped_records ?? 0
  return [
    ...(peer.cache === 'hit' ? [`cached ${peer.age_seconds ?? 0} s ago`] : []),
    ...(peer.more ? ['has more'] : []),
    ...(dropped > 0 ? [`${count(dropped, 'faulty record')} left out`] : []),
  ].join(', ')
}

const SKIP_REASONS: Readonly<Record<string, string>> = {
  'breaker-open': 'failed too often',
  'not-selected': 'not selected',
  budget: 'no time or allowance left',
}

function summarize(answer: ShownAnswer): string {
  const shown = answer.agents.length
  const results = `${count(shown, 'result')}${answer.next_cursor === null ? '' : ', and there are more,'}`
  if (answer.federation_stats === undefined) return `${results} from this registry`
  const wanted = wantedPeers(answer)
  const answered = wanted.filter(({ outcome }) => outcome === 'answered').length
  return `${results} from ${answered + 1} of ${count(wanted.length + 1, 'registry', 'registries')} in ${Math.round(answer.federation_stats.duration_ms)} ms`
}

function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`
}
