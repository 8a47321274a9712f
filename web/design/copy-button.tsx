/** Copies a text, and says whether it did. */
import type { VNode } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Button } from './button.tsx'
import { visibleCode } from './foreign-text.ts'

export function CopyButton({ text, what }: { readonly text: string; readonly what: string }): VNode {
  const [state, setState] = useState<'ready' | 'copied' | 'failed'>('ready')
  useEffect(() => {
    if (state === 'ready') return
    const timer = setTimeout(() => setState('ready'), 2_500)
    return () => clearTimeout(timer)
  }, [state])
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text)
      setState('copied')
    } catch {
      // The browser allows no writing, as on pages without TLS.
      setState('failed')
    }
  }
  return (
    <Button kind="plain" onClick={() => void copy()}>
      <span aria-live="polite">{WORDS[state]}</span>
      <span class="visually-hidden"> {what}</span>
    </Button>
  )
}

const WORDS = {
  ready: 'Copy',
  copied: 'Copied',
  failed: 'The browser forbids it: select and copy by hand',
} as const

/** Code with a way to copy it. */
export function Code({ text, title }: { readonly text: string; readonly title: string }): VNode {
  const shown = visibleCode(text)
  return (
    <div class="code">
      <div class="code-head">
        <span class="label">{title}</span>
        <CopyButton text={shown} what={title} />
      </div>
      {/* A frame that scrolls must be reachable by keyboard. */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls */}
      <pre tabIndex={0} dir="ltr">
        <code>{shown}</code>
      </pre>
    </div>
  )
}
