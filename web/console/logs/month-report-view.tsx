/** What a month was like: traffic with each peer, what was changed, what wants a look. */
import type { VNode } from 'preact'
import { useLoaded } from '../../api/use-loaded.ts'
import { Button } from '../../design/button.tsx'
import { countOf } from '../../design/figures.ts'
import { PeerName, PeerText } from '../../design/peer-text.tsx'
import { Section } from '../../design/section.tsx'
import type { Column } from '../../design/table.tsx'
import { Time } from '../../design/time.tsx'
import { saveText } from '../forms/save-file.ts'
import { FilterForm, FilterText } from '../lists/filter-form.tsx'
import { readFilters } from '../lists/filters.ts'
import { PagedTable } from '../lists/paged-table.tsx'
import { Head } from '../parts/head.tsx'
import { Shown } from '../parts/shown.tsx'
import { useRouter } from '../router.tsx'
import { useApi } from '../session.tsx'
import { describeDetail, type MonthReport, monthBefore, type Traffic } from './audit.ts'

const FILTERS = ['month'] as const

export function MonthReportView(): VNode {
  const api = useApi()
  const { place } = useRouter()
  const { month: chosen } = readFilters(FILTERS, place.search)
  const month = chosen === '' ? monthBefore(new Date()) : chosen
  const loaded = useLoaded(
    (signal) => api.call<MonthReport>('GET', 'audit/report', { parameters: { month }, signal }),
    { key: month },
  )
  return (
    <>
      <Head title="Report of a month" back={{ href: 'console/audit', title: 'Audit log' }} />
      <FilterForm
        {...{ label: 'Choose the month', path: 'audit/report', names: FILTERS, filters: { month } }}
        act="Show it"
      >
        <FilterText {...{ label: 'Month', name: 'month', type: 'month' }} />
      </FilterForm>
      <Shown loaded={loaded} what="The report">
        {(report) => <Report report={report} />}
      </Shown>
    </>
  )
}

function Report({ report }: { readonly report: MonthReport }): VNode {
  const { month, is_over: isOver, findings, peers, changes, acts } = report
  const save = (): void =>
    saveText(`report-${month}.json`, 'application/json', JSON.stringify(report, null, 2))
  return (
    <>
      <p class="row">
        <span>
          {month}
          {!isOver && ', which is not over yet'}; made <Time at={report.generated_at} />.
        </span>
        <Button onClick={save}>Save it with its signed head</Button>
      </p>
      <Section title="What wants a look">
        <Findings findings={findings} />
      </Section>
      <Section title="Traffic with peers">
        {peers.length === 0 ? (
          <p>No questions went either way.</p>
        ) : (
          <PagedTable
            {...{ list: month, caption: `Questions in ${month}`, columns: TRAFFIC, rows: peers }}
            keyOf={({ peer_id: id }) => id}
          />
        )}
      </Section>
      <Section title="What was changed">
        {changes.length === 0 ? (
          <p>Nothing.</p>
        ) : (
          <PagedTable
            {...{ list: month, caption: CHANGES_CAPTION, columns: CHANGES, rows: changes }}
            keyOf={({ seq }) => String(seq)}
          />
        )}
      </Section>
      <Section title="How often who did what">
        {acts.length === 0 ? (
          <p>Nothing.</p>
        ) : (
          <PagedTable
            {...{ list: month, caption: 'Acts, counted', columns: ACTS, rows: acts }}
            keyOf={({ action, actor }) => `${action} ${actor}`}
          />
        )}
      </Section>
    </>
  )
}

const CHANGES_CAPTION = 'Changes of whom the registry trusts, and of what it is'
const MOST_FINDINGS = 200

function Findings({ findings }: Pick<MonthReport, 'findings'>): VNode {
  if (findings.length === 0) return <p>Nothing.</p>
  const more = findings.length - MOST_FINDINGS
  return (
    <>
      <ul class="bullets">
        {findings.slice(0, MOST_FINDINGS).map((finding) => (
          <li key={finding} dir="auto">
            {finding}
          </li>
        ))}
      </ul>
      {more > 0 && <p>{countOf(more, 'more finding')} in the saved report.</p>}
    </>
  )
}

type PeerTraffic = MonthReport['peers'][number]

const TRAFFIC: readonly Column<PeerTraffic>[] = [
  { head: 'Peer', isName: true, cell: ({ name }) => <PeerName name={name} /> },
  { head: 'State', cell: ({ state }) => state },
  { head: 'Asked by us', isNumeric: true, cell: ({ outbound }) => outbound.questions },
  { head: 'Its results', isNumeric: true, cell: ({ outbound }) => outbound.results },
  { head: 'Its outcomes', cell: ({ outbound }) => outcomesOf(outbound) },
  { head: 'Asked us', isNumeric: true, cell: ({ inbound }) => inbound.questions },
  { head: 'Our results', isNumeric: true, cell: ({ inbound }) => inbound.results },
]

function outcomesOf({ outcomes }: Traffic): string {
  const told = Object.entries(outcomes).map(([outcome, count]) => `${outcome} ${count}`)
  return told.length === 0 ? '–' : told.join(', ')
}

const ACTS: readonly Column<MonthReport['acts'][number]>[] = [
  { head: 'Action', isName: true, cell: ({ action }) => <span class="word">{action}</span> },
  { head: 'By', cell: ({ actor }) => <code>{actor}</code> },
  { head: 'Times', isNumeric: true, cell: ({ count }) => count },
]

const CHANGES: readonly Column<MonthReport['changes'][number]>[] = [
  { head: 'When', cell: ({ at }) => <Time at={at} /> },
  { head: 'Action', isName: true, cell: ({ action }) => <span class="word">{action}</span> },
  { head: 'By', cell: ({ actor }) => <code>{actor}</code> },
  { head: 'Target', cell: ({ target }) => <code>{target}</code> },
  { head: 'Detail', cell: ({ detail }) => <PeerText text={describeDetail(detail)} lines={2} /> },
]
