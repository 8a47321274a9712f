/** A share policy as JSON, for what is pasted or kept in files. */
import type { VNode } from 'preact'
import type { WireSharePolicy } from '../../../src/domain/read-share-policy.ts'
import { Field } from '../../design/field.tsx'
import type { Draft } from '../forms/drafts.ts'
import { readPolicyText } from './policy-draft.ts'

export function PolicyText({
  draft,
  onChange,
}: {
  /** Keeps the text as it is typed, also while it is no policy yet, as `json`. */
  readonly draft: Draft
  readonly onChange: (policy: WireSharePolicy) => void
}): VNode {
  const text = draft.textOf('json')
  const read = readPolicyText(text)
  const type = (typed: string): void => {
    draft.set('json', typed)
    const now = readPolicyText(typed)
    if (now.ok) onChange(now.policy)
  }
  return (
    <Field
      label="Share policy as JSON"
      hint="include, exclude, fields and max_results, as the API has them; null for none."
      error={read.ok ? undefined : read.sentence}
    >
      {(control) => (
        <textarea
          {...control}
          {...{ rows: 18, spellcheck: false, class: 'mono', value: text }}
          onInput={({ currentTarget }) => type(currentTarget.value)}
        />
      )}
    </Field>
  )
}
