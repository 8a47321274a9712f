/** The filters of a list. The address holds what was chosen, so that it can be kept, sent and gone back to. */
import type { ComponentChildren, VNode } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'
import { Button } from '../../design/button.tsx'
import { Field } from '../../design/field.tsx'
import { useRouter } from '../router.tsx'
import { type Filters, isFiltered, localOf, utcOf, writeFilters } from './filters.ts'

type Props<Name extends string> = {
  /** What is filtered, such as "Filter the agents". */
  readonly label: string
  /** The address of the list below `console/`. */
  readonly path: string
  readonly names: readonly Name[]
  readonly filters: Filters<Name>
  /** What the button says, where it chooses rather than filters: then there is no "all" to show. */
  readonly act?: string
  /** `FilterText` and `FilterSelect`, one for each name. */
  readonly children: ComponentChildren
}

export function FilterForm<Name extends string>(props: Props<Name>): VNode {
  const { label, path, names, filters, act, children } = props
  const { go } = useRouter()
  const form = useRef<HTMLFormElement>(null)
  // The fields show what the address says, also after going back. They are the same ones, and keep the focus.
  useLayoutEffect(() => {
    for (const name of names) {
      const control = controlOf(form.current, name)
      if (control !== null) control.value = isTime(control) ? localOf(filters[name]) : filters[name]
    }
  }, [writeFilters(filters)])
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    const chosen = names.map((name) => {
      const control = controlOf(form.current, name)
      const text = control?.value.trim() ?? ''
      return [name, control !== null && isTime(control) ? utcOf(text) : text]
    })
    go(path + writeFilters(Object.fromEntries(chosen)))
  }
  // The link goes with the filters that it takes away.
  const keepFocus = (): void => controlOf(form.current, names[0] ?? '')?.focus()
  return (
    <search aria-label={label}>
      <form class="filters" ref={form} onSubmit={submit}>
        {children}
        <div class="row filters-acts">
          <Button type="submit">{act ?? 'Filter'}</Button>
          {act === undefined && isFiltered(filters) && (
            <a href={`console/${path}`} onClick={keepFocus}>
              Show all
            </a>
          )}
        </div>
      </form>
    </search>
  )
}

type Control = HTMLInputElement | HTMLSelectElement

function controlOf(form: HTMLFormElement | null, name: string): Control | null {
  const control = form?.elements.namedItem(name)
  return control instanceof HTMLInputElement || control instanceof HTMLSelectElement ? control : null
}

/** Typed and shown in the reader's zone; the address has it in UTC. */
function isTime({ type }: Control): boolean {
  return type === 'datetime-local'
}

type FieldProps = { readonly label: string; readonly name: string }

export function FilterText({
  label,
  name,
  type = 'text',
  placeholder,
  list,
}: FieldProps & {
  readonly type?: 'text' | 'search' | 'datetime-local' | 'month'
  readonly placeholder?: string
  /** Words to choose from. */
  readonly list?: readonly string[]
}): VNode {
  return (
    <Field label={label}>
      {(control) => (
        <>
          <input
            {...control}
            {...{ type, name, placeholder, spellcheck: false, autocomplete: 'off' }}
            {...(list !== undefined && { list: `${control.id}-words` })}
          />
          {list !== undefined && (
            <datalist id={`${control.id}-words`}>
              {list.map((word) => (
                <option key={word} value={word} />
              ))}
            </datalist>
          )}
        </>
      )}
    </Field>
  )
}

export function FilterSelect({
  label,
  name,
  any,
  choices,
}: FieldProps & {
  /** What no choice is called. */
  readonly any: string
  readonly choices: readonly (string | { readonly value: string; readonly label: string })[]
}): VNode {
  return (
    <Field label={label}>
      {(control) => (
        <select {...control} name={name}>
          <option value="">{any}</option>
          {choices.map((choice) => {
            const one = typeof choice === 'string' ? { value: choice, label: choice } : choice
            return (
              <option key={one.value} value={one.value}>
                {one.label}
              </option>
            )
          })}
        </select>
      )}
    </Field>
  )
}
