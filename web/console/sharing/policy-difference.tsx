/** What an edited policy says other than the present one, line by line. */
import type { VNode } from 'preact'
import type { WireSharePolicy } from '../../../src/domain/read-share-policy.ts'
import { differenceOf, isSamePolicy, type Line } from './policy-draft.ts'

const WORDS: Readonly<Record<Line['change'], string>> = { '+': 'new: ', '-': 'goes: ', ' ': '' }

export function PolicyDifference({
  present,
  edited,
}: {
  readonly present: WireSharePolicy | null
  readonly edited: WireSharePolicy | null
}): VNode {
  if (isSamePolicy(present, edited)) {
    return (
      <>
        <p class="quiet">Nothing: this is the policy as it is.</p>
        <Lines lines={differenceOf(present, edited)} />
      </>
    )
  }
  return <Lines lines={differenceOf(present, edited)} />
}

function Lines({ lines }: { readonly lines: readonly Line[] }): VNode {
  return (
    <ul class="difference">
      {lines.map(({ change, text }) => (
        <li key={`${change}${text}`} class={CLASSES[change]}>
          <span aria-hidden="true">{change === '-' ? '−' : change}</span>
          <span>
            <span class="visually-hidden">{WORDS[change]}</span>
            <bdi>{text}</bdi>
          </span>
        </li>
      ))}
    </ul>
  )
}

const CLASSES: Readonly<Record<Line['change'], string>> = { '+': 'is-new', '-': 'is-gone', ' ': 'is-kept' }
