/**
 * What somebody typed and has not sent yet. It outlives the form it was typed into: when a session ends, the view goes
 * and the page asks for a key, and whoever signs in again finds the form as it was. It ends with the page, and is shown
 * to the same owner only.
 */
import { useState } from 'preact/hooks'
import { useMe } from '../session.tsx'

type Values = Readonly<Record<string, string>>

const DRAFTS = new Map<string, Values>()

type TextProps = {
  readonly name: string
  readonly value: string
  readonly onInput: (event: { readonly currentTarget: { readonly value: string } }) => void
}

type CheckProps = {
  readonly type: 'checkbox'
  readonly name: string
  readonly checked: boolean
  readonly onChange: (event: { readonly currentTarget: { readonly checked: boolean } }) => void
}

export type Draft = {
  readonly textOf: (name: string) => string
  readonly isChecked: (name: string) => boolean
  readonly set: (name: string, value: string) => void
  /** For text fields, areas and selects. */
  readonly text: (name: string) => TextProps
  readonly check: (name: string) => CheckProps
  /** After it was sent, or thrown away. */
  readonly clear: () => void
}

/**
 * @param form which form it is; one about a certain record has its id in the name.
 * @param initial what stands in it before anybody typed.
 */
export function useDraft(form: string, initial: Values = {}): Draft {
  const key = `${useMe().owner_id} ${form}`
  // Shown anew when it changes; the draft itself is kept outside.
  const [, setChanges] = useState(0)
  const typed = DRAFTS.get(key) ?? {}
  const textOf = (name: string): string => typed[name] ?? initial[name] ?? ''
  const set = (name: string, value: string): void => {
    DRAFTS.set(key, { ...DRAFTS.get(key), [name]: value })
    setChanges((count) => count + 1)
  }
  return {
    textOf,
    set,
    isChecked: (name) => textOf(name) === 'on',
    text: (name) => ({
      name,
      value: textOf(name),
      onInput: ({ currentTarget }) => set(name, currentTarget.value),
    }),
    check: (name) => ({
      type: 'checkbox',
      name,
      checked: textOf(name) === 'on',
      onChange: ({ currentTarget }) => set(name, currentTarget.checked ? 'on' : ''),
    }),
    clear: () => {
      DRAFTS.delete(key)
      setChanges((count) => count + 1)
    },
  }
}
