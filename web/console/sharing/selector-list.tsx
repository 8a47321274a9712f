/** Kinds of records: each line must hold in all it says, and one line is enough. */
import type { VNode } from 'preact'
import type { WireSelector } from '../../../src/domain/read-share-policy.ts'
import { Button } from '../../design/button.tsx'

const PARTS = [
  { name: 'agent_type', words: 'Type' },
  { name: 'tag', words: 'Tag' },
  { name: 'provider', words: 'Provider' },
  { name: 'id', words: 'Id' },
] as const

export function SelectorList({
  title,
  add,
  selectors,
  onChange,
}: {
  readonly title: string
  /** What the button says that adds a line. */
  readonly add: string
  readonly selectors: readonly WireSelector[]
  readonly onChange: (selectors: readonly WireSelector[]) => void
}): VNode {
  const set = (at: number, selector: WireSelector): void => onChange(selectors.with(at, selector))
  return (
    <fieldset class="group">
      <legend class="field-label">{title}</legend>
      {selectors.map((selector, at) => (
        // Lines have no names of their own, and only the last ones come and go.
        <div class="selector" key={at}>
          {PARTS.map(({ name, words }) => (
            <label key={name}>
              <span class="label">{words}</span>
              <input
                type="text"
                value={selector[name] ?? ''}
                maxLength={200}
                placeholder="any"
                onInput={({ currentTarget: { value } }) => set(at, withPart(selector, name, value))}
              />
            </label>
          ))}
          <Button
            kind="plain"
            aria-label={`Take out line ${at + 1} of: ${title}`}
            onClick={() => onChange(selectors.toSpliced(at, 1))}
          >
            Take out
          </Button>
        </div>
      ))}
      <Button onClick={() => onChange([...selectors, {}])}>{add}</Button>
    </fieldset>
  )
}

function withPart(selector: WireSelector, name: keyof WireSelector, value: string): WireSelector {
  const { [name]: _, ...rest } = selector
  return value.trim() === '' ? rest : { ...rest, [name]: value }
}
