/** A file of the registry, to take away. */
import type { ComponentChildren, VNode } from 'preact'
import type { Answer, Api } from '../../api/api.ts'
import { notARegistry } from '../../api/problem.ts'
import { Button } from '../../design/button.tsx'
import { useAct } from '../parts/use-act.ts'
import { useApi } from '../session.tsx'
import { saveFile } from './save-file.ts'

/**
 * Saves what a route of the API gives. A plain link would save a refusal as if it were the file: here it is told, and
 * an ended session leads to the sign-in.
 */
export function SaveExport({
  path,
  name,
  children,
}: {
  /** The address behind `api/v1/`. */
  readonly path: string
  /** Of the file. */
  readonly name: string
  readonly children: ComponentChildren
}): VNode {
  const api = useApi()
  const act = useAct()
  const save = async (): Promise<void> => {
    const content = await act.run(() => fetchFile(api, path))
    if (content !== undefined) saveFile(name, content)
  }
  return (
    <>
      <Button isBusy={act.isBusy} onClick={() => void save()}>
        {children}
      </Button>
      {act.problem !== null && act.problem.status !== 401 && (
        <span class="field-error" role="alert">
          {act.problem.sentence} {act.problem.advice}
        </span>
      )}
    </>
  )
}

async function fetchFile(api: Api, path: string): Promise<Answer<Blob>> {
  const answer = await api.open('GET', path, { accept: '*/*' })
  if (!answer.ok) return answer
  try {
    return { ...answer, value: await answer.value.blob() }
  } catch {
    // Half a file is none: it would be taken for the whole.
    return { ok: false, problem: notARegistry('The file broke off before its end.') }
  }
}
