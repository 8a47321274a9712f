/** An act that needs a word more than yes: its effect, a few fields, and the problem if it is refused. */
import type { ComponentChildren, VNode } from 'preact'
import type { Answer } from '../../api/api.ts'
import { Button } from '../../design/button.tsx'
import { Dialog } from '../../design/dialog.tsx'
import { ProblemNote } from '../parts/problem-note.tsx'
import { useAct } from '../parts/use-act.ts'

type Props<T> = {
  /** Names the act and what it is done to. */
  readonly title: string
  /** What will be so afterwards, and whether it can be taken back; then the fields. */
  readonly children: ComponentChildren
  readonly act: string
  readonly isDanger?: boolean
  readonly onSubmit: () => Promise<Answer<T>>
  /** It was done; the dialog is to be closed. */
  readonly onDone: (value: T) => void
  readonly onClose: () => void
}

export function FormDialog<T>(props: Props<T>): VNode {
  const { title, children, act, isDanger = false, onSubmit, onDone, onClose } = props
  const { isBusy, problem, run } = useAct()
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    if (isBusy) return
    const answer = await run(onSubmit)
    if (answer !== undefined) onDone(answer)
  }
  return (
    <Dialog title={title} isBusy={isBusy} onClose={onClose}>
      <form class="stack" onSubmit={(event) => void submit(event)}>
        {children}
        {problem !== null && <ProblemNote problem={problem} />}
        <div class="dialog-acts">
          <Button disabled={isBusy} onClick={onClose}>
            Leave it as it is
          </Button>
          <Button type="submit" kind={isDanger ? 'danger' : 'main'} isBusy={isBusy}>
            {act}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
