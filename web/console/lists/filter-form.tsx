/** The filters of a list. The address holds what was chosen, so that it can be kept, sent and gone back to. */
import type { ComponentChildren, VNode } from 'preact'
import { Button } from '../../design/button.tsx'
import { Field } from '../../design/field.tsx'
import { useRouter } from '../router.tsx'
import { type Filters, isFiltered, writeFilters } from './filters.ts'

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
  const submit = (event: SubmitEvent): void => {
    event.preventDefault()
    if (!(event.currentTarget instanceof HTMLFormElement)) return
    const form = new FormData(event.currentTarget)
    go(
      path +
        writeFilters(Object.fromEntries(names.map((name) => [name, String(form.get(name) ?? '').trim()]))),
    )
  }
  return (
    // Anew with other filters, so that its fields show what the address says after going back.
    <search key={writeFilters(filters)} aria-label={label}>
      <form class="filters" onSubmit={submit}>
        {children}
        <div class="row filters-acts">
          <Button type="submit">{act ?? 'Filter'}</Button>
          {act === undefined && isFiltered(filters) && <a href={`console/${path}`}>Show all</a>}
        </div>
      </form>
    </search>
  )
}

type FieldProps = { readonly label: string; readonly name: string; readonly value: string }

export function FilterText({
  label,
  name,
  value,
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
            {...{ type, name, placeholder, defaultValue: value, spellcheck: false, autocomplete: 'off' }}
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
  value,
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
        <select {...control} name={name} defaultValue={value}>
          <option value="">{any}</option>
          {choices.map((choice) => {
            const one = typeof choice === 'string' ? { value: choice, label: choice } : choice
            return (
              <option key={one.value} value={one.value} selected={one.value === value}>
                {one.label}
              </option>
            )
          })}
        </select>
      )}
    </Field>
  )
}
