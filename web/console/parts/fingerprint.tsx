/** A key's fingerprint (RFC 7638), set so that two people can read it to each other. */
import type { VNode } from 'preact'
import { CopyButton } from '../../design/copy-button.tsx'

const GROUP = 4

export function Fingerprint({ of, what }: { readonly of: string | null; readonly what: string }): VNode {
  if (of === null) return <span class="quiet">no key known</span>
  return (
    <span class="fingerprint">
      {/* The groups are set apart by space alone: what is selected and copied is the fingerprint. */}
      <code>
        {groupsOf(of).map(({ at, text }) => (
          <span key={at}>{text}</span>
        ))}
      </code>
      <CopyButton text={of} what={what} />
    </span>
  )
}

function groupsOf(text: string): readonly { readonly at: number; readonly text: string }[] {
  return Array.from({ length: Math.ceil(text.length / GROUP) }, (_, group) => ({
    at: group * GROUP,
    text: text.slice(group * GROUP, (group + 1) * GROUP),
  }))
}
