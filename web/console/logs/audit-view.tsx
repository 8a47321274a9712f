/** What was changed here, by whom and when. */
import type { VNode } from 'preact'
import { useLoaded } from '../../api/use-loaded.ts'
import { PeerText } from '../../design/peer-text.tsx'
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
import { useApi } from '../session.tsx'
import { ACTIONS, type AuditPage, type AuditRow, describeDetail } from './audit.ts'
import { AuditHead } from './audit-head.tsx'

const FILTERS = ['action', 'actor', 'target', 'since', 'until', 'all'] as const
const ROWS = 100

export function AuditView(): VNode {
  const api = useApi()
  const { place } = useRouter()
  const filters = readFilters(FILTERS, place.search)
  const pages = usePages(writeFilters(filters))
  const parameters = { ...toParameters(filters), limit: ROWS, before: pages.cursor }
  const loaded = useLoaded((signal) => api.call<AuditPage>('GET', 'audit', { parameters, signal }), {
    key: JSON.stringify(parameters),
  })
  return (
    <>
      <Head
        title="Audit log"
        acts={
          <>
            <a href="console/audit/report">Report of a month</a>
            <SaveExport path="audit/export" name="audit.ndjson">
              Export all of it (NDJSON)
            </SaveExport>
          </>
        }
      />
      <AuditFilters filters={filters} />
      <Shown loaded={loaded} what="The audit log">
        {({ audit, next_before: next }) => (
          <>
            {audit.length === 0 ? (
              <EmptyList isFiltered={isFiltered(filters)} path="audit" title="Nothing was changed yet" />
            ) : (
              <Table
                caption="Changes, newest first"
                columns={COLUMNS}
                rows={audit}
                keyOf={({ seq }) => String(seq)}
              />
            )}
            <Pager pages={pages} next={next === null ? null : String(next)} label="Pages of the audit log" />
          </>
        )}
      </Shown>
      <AuditHead />
    </>
  )
}

function AuditFilters({ filters }: { readonly filters: Filters<(typeof FILTERS)[number]> }): VNode {
  return (
    <FilterForm label="Filter the audit log" path="audit" names={FILTERS} filters={filters}>
      <FilterText {...{ label: 'Action', name: 'action', list: ACTIONS }} />
      <FilterText {...{ label: 'Actor', name: 'actor', placeholder: 'key:… or system' }} />
      <FilterText {...{ label: 'Target', name: 'target', placeholder: 'peer:…' }} />
      <FilterText {...{ label: 'From', name: 'since', type: 'datetime-local' }} />
      <FilterText {...{ label: 'Until', name: 'until', type: 'datetime-local' }} />
      <FilterSelect
        {...{ label: 'Notes of the query log', name: 'all', any: 'left out' }}
        choices={[{ value: 'true', label: 'shown, one a minute' }]}
      />
    </FilterForm>
  )
}

const COLUMNS: readonly Column<AuditRow>[] = [
  { head: 'No.', isNumeric: true, cell: ({ seq }) => seq },
  { head: 'When', cell: ({ at }) => <Time at={at} /> },
  { head: 'Action', isName: true, cell: ({ action }) => <span class="word">{action}</span> },
  { head: 'By', cell: ({ actor }) => <code>{actor}</code> },
  { head: 'Target', cell: ({ target }) => <code>{target}</code> },
  { head: 'Detail', cell: ({ detail }) => <PeerText text={describeDetail(detail)} lines={2} /> },
]
