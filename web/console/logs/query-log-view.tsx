/** The questions between this registry and its peers, in both directions. */
import type { VNode } from 'preact'
import type { WireLoggedQuery } from '../../../src/wire/query-log.ts'
import { useLoaded } from '../../api/use-loaded.ts'
import { lookOfOutcome } from '../../design/looks.ts'
import { Mark } from '../../design/mark.tsx'
import { PeerName } from '../../design/peer-text.tsx'
import { type Column, Table } from '../../design/table.tsx'
import { Time } from '../../design/time.tsx'
import { SaveExport } from '../forms/save-export.tsx'
import { FilterForm, FilterSelect, FilterText } from '../lists/filter-form.tsx'
import { type Filters, isFiltered, readFilters, toParameters, writeFilters } from '../lists/filters.ts'
import { EmptyList } from '../lists/list-states.tsx'
import { Pager, usePages } from '../lists/pager.tsx'
import { Head } from '../parts/head.tsx'
import { Shown } from '../parts/shown.tsx'
import { useRouter } from '../router.tsx'
import { useApi, useMay } from '../session.tsx'

type Page = { readonly queries: readonly WireLoggedQuery[]; readonly next_before: number | null }

const FILTERS = ['peer', 'direction', 'outcome', 'since', 'until'] as const
const ROWS = 100
const OUTCOMES = 'answered unchanged timeout unreachable refused rate-limited bad-response blocked'.split(' ')

export function QueryLogView(): VNode {
  const api = useApi()
  const { place } = useRouter()
  const filters = readFilters(FILTERS, place.search)
  const pages = usePages(writeFilters(filters))
  const parameters = { ...toParameters(filters), limit: ROWS, before: pages.cursor }
  const loaded = useLoaded(
    (signal) => api.call<Page>('GET', 'federation/query-log', { parameters, signal }),
    { key: JSON.stringify(parameters) },
  )
  return (
    <>
      <Head
        title="Query log"
        acts={
          <SaveExport path="federation/query-log/export" name="query-log.ndjson">
            Export all of it (NDJSON)
          </SaveExport>
        }
      >
        Questions that went to a peer or came from one. Answers from the cache are no questions. What was
        searched for is a keyed hash, equal for equal searches, unless <code>REGISTRY_LOG_QUERIES=plain</code>
        .
      </Head>
      <QueryFilters filters={filters} />
      <Shown loaded={loaded} what="The query log">
        {({ queries, next_before: next }) => (
          <>
            {queries.length === 0 ? (
              <EmptyList isFiltered={isFiltered(filters)} path="query-log" title="No questions yet">
                <p>
                  The first <a href="./">search</a> that asks a peer, and the first question of a peer, are
                  listed here within a second.
                </p>
              </EmptyList>
            ) : (
              <Table
                caption="Questions, newest first"
                columns={COLUMNS}
                rows={queries}
                keyOf={({ id }) => String(id)}
              />
            )}
            <Pager pages={pages} next={next === null ? null : String(next)} label="Pages of the query log" />
          </>
        )}
      </Shown>
    </>
  )
}

function QueryFilters({ filters }: { readonly filters: Filters<(typeof FILTERS)[number]> }): VNode {
  return (
    <FilterForm label="Filter the query log" path="query-log" names={FILTERS} filters={filters}>
      <PeerFilter value={filters.peer} />
      <FilterSelect {...{ label: 'Direction', name: 'direction', any: 'both' }} choices={DIRECTIONS} />
      <FilterText {...{ label: 'Outcome', name: 'outcome', list: OUTCOMES }} />
      <FilterText {...{ label: 'From', name: 'since', type: 'datetime-local' }} />
      <FilterText {...{ label: 'Until', name: 'until', type: 'datetime-local' }} />
    </FilterForm>
  )
}

const DIRECTIONS = [
  { value: 'outbound', label: 'ours to peers' },
  { value: 'inbound', label: 'peers’ to us' },
]

/** By name where the role may list peers, else by id. */
function PeerFilter({ value }: { readonly value: string }): VNode {
  return useMay('operate') ? <PeerChoice value={value} /> : <FilterText label="Id of the peer" name="peer" />
}

function PeerChoice({ value }: { readonly value: string }): VNode {
  const api = useApi()
  const loaded = useLoaded(
    (signal) => api.call<{ peers: { id: string; name: string }[] }>('GET', 'federation/peers', { signal }),
    { key: 'peers' },
  )
  const peers = loaded.kind === 'ready' ? loaded.value.peers : []
  const choices = peers.map(({ id, name }) => ({ value: id, label: name }))
  const isListed = value === '' || choices.some((choice) => choice.value === value)
  return (
    <FilterSelect
      {...{ label: 'Peer', name: 'peer', any: 'all' }}
      // A peer that was removed has its questions still.
      choices={isListed ? choices : [...choices, { value, label: value }]}
    />
  )
}

const COLUMNS: readonly Column<WireLoggedQuery>[] = [
  { head: 'When', cell: ({ created_at }) => <Time at={created_at} /> },
  { head: 'Direction', cell: ({ direction }) => (direction === 'outbound' ? 'to' : 'from') },
  { head: 'Peer', isName: true, cell: ({ peer_name: name }) => <PeerName name={name} /> },
  { head: 'Outcome', cell: ({ outcome }) => <Outcome outcome={outcome} /> },
  { head: 'Took (ms)', isNumeric: true, cell: ({ response_time_ms }) => response_time_ms },
  { head: 'Results', isNumeric: true, cell: ({ results }) => results ?? '–' },
  {
    head: 'Searched for',
    cell: ({ query_text: text, query_hash: hash }) =>
      text === null ? (
        <code title={hash ?? undefined}>{hash === null ? '–' : `${hash.slice(0, 12)}…`}</code>
      ) : (
        <bdi>{text}</bdi>
      ),
  },
]

function Outcome({ outcome }: { readonly outcome: string }): VNode {
  const { tone, shape, word } = lookOfOutcome(outcome)
  return (
    <Mark tone={tone} shape={shape}>
      {word}
    </Mark>
  )
}
