/** Importing a file of records, with its progress and what became of each line that was rejected. */
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { Button } from '../../design/button.tsx'
import { formatBytes } from '../../design/figures.ts'
import { useDraft } from '../forms/drafts.ts'
import { DropFile } from '../forms/drop-file.tsx'
import { CheckField } from '../forms/fields.tsx'
import { Head } from '../parts/head.tsx'
import { ImportReport } from './import-report.tsx'
import { type ImportState, useImport } from './use-import.ts'

export function ImportView(): VNode {
  const state = useImport()
  return (
    <>
      <Head title="Import agents" back={{ href: 'console/agents', title: 'Agents' }}>
        A file with one record a line (NDJSON), such as an export, or a JSON list of them. Each is matched to
        one of your records by id, else by type, name and first endpoint, and replaces it; so the same file
        can be sent twice. A line that is wrong costs itself alone.
      </Head>
      {state.kept === null && <ChooseFile state={state} />}
      {state.kept !== null && state.progress !== null && (
        <ImportReport {...state} kept={state.kept} progress={state.progress} />
      )}
    </>
  )
}

function ChooseFile({ state }: { readonly state: ImportState }): VNode {
  const [file, setFile] = useState<File | null>(null)
  const draft = useDraft('import')
  const begin = (event: SubmitEvent): void => {
    event.preventDefault()
    if (file !== null) void state.begin(file, draft.isChecked('dry'))
  }
  return (
    <form class="stack" onSubmit={begin}>
      <DropFile
        label="File"
        hint="NDJSON of any size, or a JSON list of up to 64 MiB. Choose it, or drop it here."
        accept=".ndjson,.jsonl,.json,application/x-ndjson,application/json"
        onFile={setFile}
      />
      {file !== null && (
        <p role="status">
          Chosen: <bdi>{file.name}</bdi>, {formatBytes(file.size)}.
        </p>
      )}
      <CheckField
        {...{ label: 'Only try it: tell what would happen and store nothing', name: 'dry', draft }}
      />
      {state.unreadable !== null && (
        <p class="field-error" role="alert">
          {state.unreadable}
        </p>
      )}
      <Button type="submit" kind="main" isBusy={state.isRunning} disabled={file === null}>
        Begin the import
      </Button>
    </form>
  )
}
