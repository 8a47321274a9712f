/** A share policy as fields: which records, which never, which members of them, and how many. */
import type { VNode } from 'preact'
import { useId } from 'preact/hooks'
import type { WireSharePolicy } from '../../../src/domain/read-share-policy.ts'
import { Field } from '../../design/field.tsx'
import { FIELDS } from './policy-draft.ts'
import { SelectorList } from './selector-list.tsx'

type Props = {
  readonly policy: WireSharePolicy
  readonly onChange: (policy: WireSharePolicy) => void
}

export function PolicyFields({ policy, onChange }: Props): VNode {
  return (
    <div class="stack policy-fields">
      <Inclusion policy={policy} onChange={onChange} />
      <SelectorList
        {...{ title: 'Never these, even if they are among those above', add: 'Keep more back' }}
        selectors={policy.exclude}
        onChange={(exclude) => onChange({ ...policy, exclude })}
      />
      <Members policy={policy} onChange={onChange} />
      <Field label="Most federated records for one question" hint="Over all its pages. Empty for no bound.">
        {(control) => (
          <input
            {...control}
            {...{ type: 'number', min: 1, max: 1_000_000, class: 'short' }}
            value={policy.max_results ?? ''}
            onInput={({ currentTarget: { value } }) =>
              onChange({ ...policy, max_results: value === '' ? null : Number(value) })
            }
          />
        )}
      </Field>
    </div>
  )
}

function Inclusion({ policy, onChange }: Props): VNode {
  const group = useId()
  const { include } = policy
  const choices = [
    { words: 'Every record marked federated', isChosen: include === null, include: null },
    { words: 'Only these', isChosen: include !== null && include.length > 0, include: [{}] },
    { words: 'None', isChosen: include?.length === 0, include: [] },
  ]
  return (
    <fieldset class="group">
      <legend class="field-label">Records it sees</legend>
      {choices.map((choice) => (
        <label class="check" key={choice.words}>
          <input
            type="radio"
            name={group}
            checked={choice.isChosen}
            onChange={() => onChange({ ...policy, include: choice.include })}
          />
          <span>{choice.words}</span>
        </label>
      ))}
      {include !== null && include.length > 0 && (
        <SelectorList
          {...{ title: 'Records of these kinds', add: 'Share more' }}
          selectors={include}
          onChange={(selectors) => onChange({ ...policy, include: selectors })}
        />
      )}
    </fieldset>
  )
}

function Members({ policy, onChange }: Props): VNode {
  const { fields } = policy
  const toggle = (field: (typeof FIELDS)[number]['field'], isShown: boolean): void => {
    const shown = FIELDS.map((one) => one.field).filter((one) =>
      one === field ? isShown : fields === null || fields.includes(one),
    )
    onChange({ ...policy, fields: shown.length === FIELDS.length ? null : shown })
  }
  return (
    <fieldset class="group">
      <legend class="field-label">What it sees of each record</legend>
      <p class="field-hint">Its name, its DID, its type, its state and its times always go along.</p>
      <div class="columns">
        {FIELDS.map(({ field, words }) => (
          <label class="check" key={field}>
            <input
              type="checkbox"
              checked={fields === null || fields.includes(field)}
              onChange={({ currentTarget }) => toggle(field, currentTarget.checked)}
            />
            <span>{words}</span>
          </label>
        ))}
      </div>
    </fieldset>
  )
}
