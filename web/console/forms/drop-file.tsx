/** A file, chosen with a button or dropped on it. */
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { Field } from '../../design/field.tsx'

type Props = {
  readonly label: string
  readonly hint?: string
  /** As of `<input type="file">`. */
  readonly accept: string
  readonly onFile: (file: File) => void
}

export function DropFile({ label, hint, accept, onFile }: Props): VNode {
  const [isOver, setOver] = useState(false)
  const take = (files: FileList | null | undefined): void => {
    const file = files?.[0]
    if (file !== undefined) onFile(file)
  }
  const over = (event: DragEvent): void => {
    event.preventDefault()
    setOver(true)
  }
  const drop = (event: DragEvent): void => {
    event.preventDefault()
    setOver(false)
    take(event.dataTransfer?.files)
  }
  return (
    // The field inside does the same by keyboard.
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is a second way to what the field does
    <div
      class={`drop${isOver ? ' drop-over' : ''}`}
      onDragOver={over}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <Field label={label} hint={hint ?? 'Choose it, or drop it here.'}>
        {(control) => (
          <input
            {...control}
            {...{ type: 'file', accept }}
            onChange={({ currentTarget }) => take(currentTarget.files)}
          />
        )}
      </Field>
    </div>
  )
}
