/** This registry's own records: filters, pages, and the ways to add more. */
import type { VNode } from 'preact'
import type { WireAgent } from '../../../src/wire/agent.ts'
import { useLoaded } from '../../api/use-loaded.ts'
import { PeerName } from '../../design/peer-text.tsx'
import { type Column, Table } from '../../design/table.tsx'
import { Time } from '../../design/time.tsx'
import { SaveExport } from '../forms/save-export.tsx'
import { FilterForm, FilterSelect, FilterText } from '../lists/filter-form.tsx'
import { isFiltered, readFilters, toParameters, writeFilters } from '../lists/filters.ts'
import { EmptyList } from '../lists/list-states.tsx'
import { Pager, usePages } from '../lists/pager.tsx'
import { Head } from '../parts/head.tsx'
import { Shown } from '../parts/shown.tsx'
import { useRouter } from '../router.tsx'
import { useApi, useMay } from '../session.tsx'
import { AGENT_TYPES, STATUSES } from './agent-words.ts'
import { StatusMark } from './status-mark.tsx'

type AgentPage = { readonly agents: readonly WireAgent[]; readonly next_cursor: string | null }

const FILTERS = ['search', 'agent_type', 'tags', 'status', 'provider'] as const
const ROWS = 50

export function AgentsView(): VNode {
  const api = useApi()
  const { place } = useRouter()
  const filters = readFilters(FILTERS, place.search)
  const pages = usePages(writeFilters(filters))
  const parameters = { ...toParameters(filters), limit: ROWS, cursor: pages.cursor }
  const loaded = useLoaded((signal) => api.call<AgentPage>('GET', 'agents', { parameters, signal }), {
    key: JSON.stringify(parameters),
  })
  return (
    <>
      <Head title="Agents" acts={<AgentLinks />} />
      <FilterForm label="Filter the agents" path="agents" names={FILTERS} filters={filters}>
        <FilterText label="Words" name="search" type="search" />
        <FilterText label="Type" name="agent_type" list={AGENT_TYPES} />
        <FilterText label="Tag" name="tags" />
        <FilterSelect label="Status" name="status" any="any" choices={STATUSES} />
        <FilterText label="Provider" name="provider" />
      </FilterForm>
      <Shown loaded={loaded} what="The agents">
        {({ agents, next_cursor: next }) => (
          <>
            {agents.length === 0 ? (
              <NoAgents isFiltered={isFiltered(filters)} />
            ) : (
              <Table
                caption={`Records of this registry${filters.search === '' ? ', newest first' : ', best first'}`}
                columns={COLUMNS}
                rows={agents}
                keyOf={({ id }) => id}
              />
            )}
            <Pager pages={pages} next={next} label="Pages of agents" />
          </>
        )}
      </Shown>
    </>
  )
}

function AgentLinks(): VNode {
  const [publishes, operates] = [useMay('publish'), useMay('operate')]
  return (
    <>
      {publishes && (
        <>
          <a class="button button-main" href="console/agents/add">
            Add an agent
          </a>
          <a class="button" href="console/agents/import">
            Import many
          </a>
        </>
      )}
      {operates && <a href="console/agents/withheld">Withheld records</a>}
      <SaveExport path="agents/export" name="agents.ndjson">
        Export all you may see (NDJSON)
      </SaveExport>
    </>
  )
}

function NoAgents(props: { readonly isFiltered: boolean }): VNode {
  const publishes = useMay('publish')
  return (
    <EmptyList isFiltered={props.isFiltered} path="agents" title="No agents yet">
      <p>Records that you may see of this registry are listed here.</p>
      {publishes && (
        <p>
          <a href="console/agents/add">Add the first agent</a>, or{' '}
          <a href="console/agents/import">import a file of them</a>.
        </p>
      )}
    </EmptyList>
  )
}

const COLUMNS: readonly Column<WireAgent>[] = [
  {
    head: 'Name',
    isName: true,
    cell: ({ id, name }) => (
      <a href={`console/agents/${encodeURIComponent(id)}`}>
        <PeerName name={name} />
      </a>
    ),
  },
  { head: 'Type', cell: ({ agent_type }) => agent_type },
  { head: 'Seen by', cell: ({ visibility }) => visibility },
  { head: 'Status', cell: ({ status }) => <StatusMark status={status} /> },
  {
    head: 'Provider',
    cell: ({ provider }) => (provider === null ? '–' : <PeerName name={provider.organization} />),
  },
  { head: 'Changed', cell: ({ updated_at }) => <Time at={updated_at} /> },
]
