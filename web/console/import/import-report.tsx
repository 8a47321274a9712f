/** How far an import is, what became of its lines, and taking the rejected ones away. */
import type { VNode } from 'preact'
import { Button } from '../../design/button.tsx'
import { countOf, formatCount } from '../../design/figures.ts'
import { PeerText } from '../../design/peer-text.tsx'
import { Section } from '../../design/section.tsx'
import { type Column, Table } from '../../design/table.tsx'
import { saveText } from '../forms/save-file.ts'
import { Pager, pageOf, usePages } from '../lists/pager.tsx'
import { ProblemNote } from '../parts/problem-note.tsx'
import type { ImportProgress } from './import-run.ts'
import type { KeptRun } from './kept-run.ts'
import { type RejectedLine, rejectedAsCsv, rejectedAsNdjson } from './rejected-lines.ts'

type Props = {
  readonly kept: KeptRun
  readonly progress: ImportProgress
  readonly isRunning: boolean
  readonly resume: () => void
  readonly stop: () => void
  readonly forget: () => void
}

export function ImportReport({ kept, progress, isRunning, resume, stop, forget }: Props): VNode {
  const { isDone, isBroken, problem, waitsSeconds } = progress
  const share = progress.totalBytes === 0 ? 1 : progress.sentBytes / progress.totalBytes
  const state = isDone
    ? 'Done'
    : isRunning
      ? `${Math.floor(share * 100)} %`
      : `Stopped at ${Math.floor(share * 100)} %`
  return (
    <Section title={kept.isDryRun ? 'Trial of the import' : 'Import'}>
      <div class="stack">
        <label class="field-label" for="import-progress">
          <bdi>{kept.fileName}</bdi>
        </label>
        <progress id="import-progress" max={1} value={isDone ? 1 : share} />
        <p role="status">
          {state}: {describeCounts(progress, kept.isDryRun)}
          {waitsSeconds > 0 && ` The registry asks to wait ${waitsSeconds} s; then it goes on.`}
        </p>
        {/* Whoever sees this after the session ended is signed in again. */}
        {problem !== null && problem.status !== 401 && <ProblemNote problem={problem} />}
        {!isDone && !isRunning && (
          <p>
            What was stored until here stays.
            {!isBroken && ' It goes on where it stopped, and doubles no record.'}
          </p>
        )}
        <p class="row">
          {isRunning && <Button onClick={stop}>Stop it</Button>}
          {!isRunning && !isDone && !isBroken && (
            <Button kind="main" onClick={resume}>
              Go on
            </Button>
          )}
          {!isRunning && <Button onClick={forget}>Import another file</Button>}
          {isDone && <a href="console/agents">See the agents</a>}
        </p>
      </div>
      {progress.rejected > 0 && <Rejected progress={progress} />}
    </Section>
  )
}

function describeCounts(progress: ImportProgress, isDryRun: boolean): string {
  const { created, updated, unchanged, rejected, unit } = progress
  const would = isDryRun ? ' would be' : ''
  return `${countOf(created, 'record')}${would} created, ${formatCount(updated)} updated, ${formatCount(unchanged)} unchanged; ${countOf(rejected, unit)} rejected.`
}

function Rejected({ progress }: { readonly progress: ImportProgress }): VNode {
  const { rejected, rejectedLines: lines, unit } = progress
  const pages = usePages('rejected')
  const { rows, next } = pageOf(lines, pages)
  const missing = rejected - lines.length
  const columns: readonly Column<RejectedLine>[] = [
    { head: unit === 'line' ? 'Line' : 'Record', isNumeric: true, cell: ({ line }) => line },
    { head: 'Why', cell: ({ reason }) => <PeerText text={reason} lines={6} /> },
    {
      head: 'As it was sent',
      cell: ({ text }) => <PeerText text={text.slice(0, MOST_SHOWN_CHARS)} lines={2} />,
    },
  ]
  return (
    <>
      <Table
        {...{ columns, rows, caption: countOf(rejected, `rejected ${unit}`) }}
        keyOf={({ line }) => String(line)}
      />
      <Pager pages={pages} next={next} label={`Pages of rejected ${unit}s`} />
      {missing > 0 && <p>{formatCount(missing)} more are counted and not kept here.</p>}
      <p class="row">
        <Button onClick={() => saveText('rejected.ndjson', 'application/x-ndjson', rejectedAsNdjson(lines))}>
          Save them as NDJSON
        </Button>
        <Button onClick={() => saveText('rejected.csv', 'text/csv', rejectedAsCsv(lines))}>
          Save them as CSV
        </Button>
      </p>
    </>
  )
}

const MOST_SHOWN_CHARS = 500
