/** What users reported, and what became of it. */
import type { VNode } from 'preact'
import { useLoaded } from '../../api/use-loaded.ts'
import { FilterForm, FilterSelect, FilterText } from '../lists/filter-form.tsx'
import { isFiltered, readFilters, toParameters, writeFilters } from '../lists/filters.ts'
import { EmptyList } from '../lists/list-states.tsx'
import { Pager, usePages } from '../lists/pager.tsx'
import { Head } from '../parts/head.tsx'
import { Shown } from '../parts/shown.tsx'
import { useRouter } from '../router.tsx'
import { useApi } from '../session.tsx'
import { ReportTable } from './report-table.tsx'
import type { ReportPage } from './reports.ts'

const FILTERS = ['status', 'did'] as const
const ROWS = 100
/** Reports come while one looks. */
const EVERY_MS = 60_000

export function ReportsView(): VNode {
  const api = useApi()
  const { place } = useRouter()
  const filters = readFilters(FILTERS, place.search)
  const pages = usePages(writeFilters(filters))
  const parameters = { ...toParameters(filters), limit: ROWS, before: pages.cursor }
  const loaded = useLoaded((signal) => api.call<ReportPage>('GET', 'reports', { parameters, signal }), {
    ...{ key: JSON.stringify(parameters), everyMs: EVERY_MS },
  })
  const caption =
    filters.status === 'resolved' ? 'Resolved reports, newest first' : 'Open reports, newest first'
  return (
    <>
      <Head title="Reports" />
      <FilterForm label="Filter the reports" path="reports" names={FILTERS} filters={filters}>
        <FilterSelect label="State" name="status" any="open" choices={['resolved']} />
        <FilterText label="DID of the agent" name="did" />
      </FilterForm>
      <Shown loaded={loaded} what="The reports">
        {({ reports, next_before: next }) => (
          <>
            {reports.length === 0 ? (
              <EmptyList isFiltered={isFiltered(filters)} path="reports" title="No open reports">
                <p>What users report about an agent waits here until an operator resolves it.</p>
              </EmptyList>
            ) : (
              <ReportTable caption={caption} reports={reports} onDone={loaded.refresh} />
            )}
            <Pager pages={pages} next={next} label="Pages of reports" />
          </>
        )}
      </Shown>
    </>
  )
}
