/** Reports in a table, each with what can be done about it. What reporters wrote is foreign text. */
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { Button } from '../../design/button.tsx'
import { PeerName, PeerText } from '../../design/peer-text.tsx'
import { type Column, Table } from '../../design/table.tsx'
import { Time } from '../../design/time.tsx'
import { addressOfReported, type Report } from './reports.ts'
import { ResolveDialog } from './resolve-dialog.tsx'

type Props = {
  readonly caption: string
  readonly reports: readonly Report[]
  readonly onDone: () => void
}

export function ReportTable({ caption, reports, onDone }: Props): VNode {
  const [open, setOpen] = useState<Report | null>(null)
  const columns: readonly Column<Report>[] = [
    ...COLUMNS,
    {
      head: 'Acts',
      cell: (report) =>
        report.resolution === null ? (
          <ReportActs report={report} onResolve={() => setOpen(report)} />
        ) : (
          <Resolved report={report} />
        ),
    },
  ]
  return (
    <>
      <Table caption={caption} columns={columns} rows={reports} keyOf={({ id }) => id} />
      {open !== null && (
        <ResolveDialog
          report={open}
          onClose={() => setOpen(null)}
          onDone={() => {
            setOpen(null)
            onDone()
          }}
        />
      )}
    </>
  )
}

function ReportActs({
  report,
  onResolve,
}: {
  readonly report: Report
  readonly onResolve: () => void
}): VNode {
  const block = new URLSearchParams({ kind: 'did', pattern: report.did })
  return (
    <div class="row">
      <Button onClick={onResolve} aria-label={`Resolve the report about ${report.agent_name}`}>
        Resolve…
      </Button>
      <a href={`console/blocks?${block}`}>Block</a>
    </div>
  )
}

function Resolved({ report }: { readonly report: Report }): VNode {
  const { resolution, resolved_at: at, resolved_by: by, note } = report
  return (
    <>
      <strong>{resolution}</strong>, <Time at={at} />
      {by !== null && (
        <>
          {' '}
          by <bdi>{by}</bdi>
        </>
      )}
      {note !== null && <PeerText text={note} lines={2} />}
    </>
  )
}

const COLUMNS: readonly Column<Report>[] = [
  {
    head: 'Agent',
    isName: true,
    cell: (report) => (
      <>
        <a href={addressOfReported(report, document.baseURI)}>
          <PeerName name={report.agent_name} />
        </a>
        <div class="quiet small">
          <bdi>{report.registry_url}</bdi>
        </div>
      </>
    ),
  },
  { head: 'What is wrong', cell: ({ category }) => <span class="word">{category}</span> },
  { head: 'In their words', cell: ({ detail }) => <PeerText text={detail} lines={3} /> },
  {
    head: 'From',
    cell: ({ reporter, contact }) => (
      <>
        <bdi>{reporter}</bdi>
        {contact !== null && <PeerText text={contact} lines={1} />}
      </>
    ),
  },
  { head: 'When', cell: ({ created_at }) => <Time at={created_at} /> },
]
