/** A modal dialog, and the one that asks before an act that cannot be taken back. */
import type { ComponentChildren, VNode } from 'preact'
import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { Button } from './button.tsx'

/** Is shown as long as it is rendered. The focus goes back to where it was when it is gone. */
export function Dialog({
  title,
  isBusy = false,
  onClose,
  children,
}: {
  readonly title: string
  /** Its act is under way: it stays until what came of that is known. */
  readonly isBusy?: boolean
  /** Escape, too. */
  readonly onClose: () => void
  readonly children: ComponentChildren
}): VNode {
  const ref = useRef<HTMLDialogElement>(null)
  const id = useId()
  // With the page's change and not after it: in between, the focus would be with nothing, and keys would go astray.
  useLayoutEffect(() => {
    const dialog = ref.current
    const before = document.activeElement
    dialog?.showModal()
    return () => {
      dialog?.close()
      if (before instanceof HTMLElement) before.focus()
    }
  }, [])
  const cancel = (event: Event): void => {
    event.preventDefault()
    if (!isBusy) onClose()
  }
  // Some browsers let the second Escape through, however often it is prevented, where the dialog may be closed at all.
  const closedby = isBusy ? 'none' : 'closerequest'
  return (
    <dialog class="dialog" ref={ref} aria-labelledby={id} onCancel={cancel} {...{ closedby }}>
      <h2 id={id}>{title}</h2>
      {children}
    </dialog>
  )
}

/** Asks once, naming the effect. A failure is told in it, and leaves it open. */
export function ConfirmDialog({
  title,
  children,
  act,
  isDanger = true,
  onConfirm,
  onClose,
}: {
  /** A question, such as "Revoke this token?". */
  readonly title: string
  /** What will happen, to whom, and whether it can be undone. */
  readonly children: ComponentChildren
  /** The act as the button says it, such as "Revoke the token". */
  readonly act: string
  readonly isDanger?: boolean
  /** Rejects with an error whose message is a sentence for people. */
  readonly onConfirm: () => Promise<void>
  readonly onClose: () => void
}): VNode {
  const [state, setState] = useState<{ isBusy: boolean; error: string | null }>({
    isBusy: false,
    error: null,
  })
  const confirm = async (): Promise<void> => {
    setState({ isBusy: true, error: null })
    try {
      await onConfirm()
      onClose()
    } catch (error) {
      setState({ isBusy: false, error: error instanceof Error ? error.message : String(error) })
    }
  }
  return (
    <Dialog title={title} isBusy={state.isBusy} onClose={onClose}>
      <div class="stack">{children}</div>
      {state.error !== null && (
        <p class="field-error" role="alert">
          {state.error}
        </p>
      )}
      <div class="dialog-acts">
        <Button disabled={state.isBusy} onClick={onClose}>
          Leave it as it is
        </Button>
        <Button kind={isDanger ? 'danger' : 'main'} isBusy={state.isBusy} onClick={() => void confirm()}>
          {act}
        </Button>
      </div>
    </Dialog>
  )
}
