/** Fields that remember what was typed: a `Field` of the design around a control of a draft. */
import type { ComponentChildren, VNode } from 'preact'
import { useId } from 'preact/hooks'
import { Field } from '../../design/field.tsx'
import type { Draft } from './drafts.ts'

type Shared = {
  readonly draft: Draft
  readonly name: string
  readonly label: string
  readonly hint?: ComponentChildren
  readonly error?: string | undefined
}

type TextFieldProps = Shared & {
  readonly type?: 'text' | 'url'
  readonly required?: boolean
  readonly maxLength?: number
  readonly placeholder?: string
}

export function TextField(props: TextFieldProps): VNode {
  const { draft, name, label, hint, error, type = 'text', ...rest } = props
  return (
    <Field label={label} {...(hint !== undefined && { hint })} error={error}>
      {(control) => {
        const shared = { autocomplete: 'off', spellcheck: false, ...rest, ...control, ...draft.text(name) }
        return type === 'url' ? <input type="url" {...shared} /> : <input type="text" {...shared} />
      }}
    </Field>
  )
}

type AreaFieldProps = Shared & {
  readonly rows?: number
  readonly maxLength?: number
  readonly required?: boolean
  readonly isCode?: boolean
}

export function AreaField({
  draft,
  name,
  label,
  hint,
  error,
  isCode = false,
  ...rest
}: AreaFieldProps): VNode {
  return (
    <Field label={label} {...(hint !== undefined && { hint })} error={error}>
      {(control) => (
        <textarea
          spellcheck={false}
          class={isCode ? 'code-area' : undefined}
          {...rest}
          {...control}
          {...draft.text(name)}
        />
      )}
    </Field>
  )
}

export type Choice = { readonly value: string; readonly label: string }

export function SelectField({
  draft,
  name,
  label,
  hint,
  error,
  choices,
}: Shared & { readonly choices: readonly Choice[] }): VNode {
  return (
    <Field label={label} {...(hint !== undefined && { hint })} error={error}>
      {(control) => (
        <select {...control} {...draft.text(name)}>
          {choices.map((choice) => (
            <option key={choice.value} value={choice.value}>
              {choice.label}
            </option>
          ))}
        </select>
      )}
    </Field>
  )
}

export function CheckField({
  draft,
  name,
  label,
  hint,
}: Pick<Shared, 'draft' | 'name' | 'label' | 'hint'>): VNode {
  const id = useId()
  return (
    <div class="check">
      <input
        id={id}
        {...draft.check(name)}
        {...(hint !== undefined && { 'aria-describedby': `${id}-hint` })}
      />
      <label for={id}>{label}</label>
      {hint !== undefined && (
        <span class="field-hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
    </div>
  )
}
