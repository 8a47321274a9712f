/** A secret that was just made. It is nowhere else, and gone from this page when it is put away. */
import type { VNode } from 'preact'
import { Button } from '../../design/button.tsx'
import { Code } from '../../design/copy-button.tsx'
import { Time } from '../../design/time.tsx'
import { useFocus } from '../parts/use-focus.ts'

type Props = {
  readonly title: string
  readonly secrets: readonly { readonly what: string; readonly text: string }[]
  /** Until when the one it takes the place of is good; undefined if it replaces none. */
  readonly replaced?: string | null | undefined
  readonly onClose: () => void
}

export function SecretOnce({ title, secrets, replaced, onClose }: Props): VNode {
  const heading = useFocus<HTMLHeadingElement>(title)
  return (
    <section class="notice secret" aria-labelledby="secret-title">
      <h2 id="secret-title" tabIndex={-1} ref={heading}>
        <bdi>{title}</bdi>
      </h2>
      <p>
        Shown this once: copy it now and keep it where secrets are kept. The registry has only a fingerprint
        of it and cannot show it again.
      </p>
      {secrets.map(({ what, text }) => (
        <Code key={what} title={what} text={text} />
      ))}
      {replaced !== undefined && (
        <p>
          The one it replaces {replaced === null ? 'has no end' : 'ends'} <Time at={replaced} never="" />.
        </p>
      )}
      <Button onClick={onClose}>I have copied it</Button>
    </section>
  )
}
