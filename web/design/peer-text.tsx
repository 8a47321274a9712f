/** Text, names and links of peers: never markup, isolated in direction, cut where they are long. */
import type { ComponentChildren, VNode } from 'preact'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { hasMixedScripts } from '../../src/domain/mixed-scripts.ts'
import { namesItsHost, plainText, webAddress } from './foreign-text.ts'
import { Mark } from './mark.tsx'

export type Lines = 1 | 2 | 3 | 6 | 12

/** A passage, cut after some lines; whoever wants all of it asks for it. */
export function PeerText({ text, lines = 3 }: { readonly text: string; readonly lines?: Lines }): VNode {
  const ref = useRef<HTMLDivElement>(null)
  const [isLong, setIsLong] = useState(false)
  const [isOpen, setIsOpen] = useState(false)
  useLayoutEffect(() => {
    const shown = ref.current
    if (shown !== null && !isOpen) setIsLong(shown.scrollHeight > shown.clientHeight + 1)
  }, [text, isOpen])
  return (
    <>
      <div class={`peer-text${isOpen ? '' : ` peer-text-cut lines-${lines}`}`} dir="auto" ref={ref}>
        {plainText(text)}
      </div>
      {isLong && (
        <button
          type="button"
          class="button button-plain"
          aria-expanded={isOpen}
          onClick={() => setIsOpen(!isOpen)}
        >
          {isOpen ? 'Show less' : 'Show all of the text'}
        </button>
      )}
    </>
  )
}

/** The beginning of a passage, where all of it is one step away. */
export function PeerExcerpt({ text, lines = 2 }: { readonly text: string; readonly lines?: Lines }): VNode {
  return (
    <div class={`peer-text peer-text-cut lines-${lines}`} dir="auto">
      {plainText(text)}
    </div>
  )
}

/** A name, on two lines at most. The API says of names in records whether they may imitate others; of this one nobody did. */
export function PeerName({ name, lines = 2 }: { readonly name: string; readonly lines?: Lines }): VNode {
  return (
    <>
      <bdi class={`peer-name peer-name-cut lines-${lines}`}>{plainText(name)}</bdi>
      {hasMixedScripts(name) && (
        <Caution>(a word of its name has letters of several scripts: it may imitate another)</Caution>
      )}
    </>
  )
}

/** Says beside a name that it may not be what it seems. */
export function Caution({ children }: { readonly children: ComponentChildren }): VNode {
  return (
    <span class="caution">
      {' '}
      <Mark tone="warn" shape="triangle">
        {children}
      </Mark>
    </span>
  )
}

/** A link of a peer, with the host it leads to; what is no link of a page is shown as text. */
export function PeerLink({ url, text }: { readonly url: string; readonly text?: string }): VNode {
  const address = webAddress(url)
  if (address === null) return <bdi class="peer-name">{plainText(text ?? url)}</bdi>
  return (
    <a href={address.href} rel="noreferrer nofollow ugc">
      <bdi class="peer-name">{plainText(text ?? url)}</bdi>
      {!namesItsHost(text ?? url, address) && <span class="quiet"> ({address.host})</span>}
    </a>
  )
}
