/** What the page for browsers without JavaScript shows: one search and its answer. Rendered by `web/plain/`. */
import type { WireDiscoveryAnswer } from './discovery.ts'

export type PlainView = {
  readonly registry: { readonly name: string; readonly url: string }
  /** For `<base>`: the path that every address of the page is below, with a slash at its end. */
  readonly basePath: string
  /** Addresses of the style sheets, below the base. */
  readonly stylesheets: readonly string[]
  /** As it was asked, to fill the form in. */
  readonly question: {
    readonly search: string
    readonly types: readonly string[]
    readonly tags: readonly string[]
    /** Ids, names or URLs of registries; none for all. */
    readonly registries: readonly string[]
  }
  /** Whether peers were asked, or this registry alone. */
  readonly isFederated: boolean
  readonly outcome:
    | {
        readonly kind: 'answered'
        readonly answer: WireDiscoveryAnswer
        /** Of the first page and of the one behind this, below the base; null where there is none. */
        readonly firstPage: string | null
        readonly nextPage: string | null
      }
    /** A problem: its title, and its sentence for the person. */
    | { readonly kind: 'refused'; readonly title: string; readonly detail: string }
}

/** A whole HTML document. */
export type RenderPlain = (view: PlainView) => string
