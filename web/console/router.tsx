/** Where in the console somebody is: the address below `console/`, kept in the browser's history. */
import { type ComponentChildren, createContext, type VNode } from 'preact'
import { useContext, useEffect, useState } from 'preact/hooks'

export type Place = {
  /** Below `console/`, without slashes at its ends; empty at the console's own address. */
  readonly path: string
  readonly search: URLSearchParams
}

type Router = {
  readonly place: Place
  /** Goes to an address below `console/`, such as `peers?state=failing`. `replace` leaves no step back behind. */
  readonly go: (address: string, options?: { readonly replace?: boolean }) => void
}

const RouterContext = createContext<Router>({
  place: { path: '', search: new URLSearchParams() },
  go: () => {},
})

export function useRouter(): Router {
  return useContext(RouterContext)
}

/** Keeps the place, and makes of every plain link into the console a step that loads no page. */
export function RouterProvider({ children }: { readonly children: ComponentChildren }): VNode {
  const [place, setPlace] = useState(currentPlace)

  useEffect(() => {
    const look = (): void => setPlace(currentPlace())
    const onClick = (event: MouseEvent): void => {
      const address = consoleAddressOf(event)
      if (address === null) return
      event.preventDefault()
      window.history.pushState(null, '', address)
      look()
    }
    window.addEventListener('popstate', look)
    document.addEventListener('click', onClick)
    return () => {
      window.removeEventListener('popstate', look)
      document.removeEventListener('click', onClick)
    }
  }, [])

  const go: Router['go'] = (address, { replace = false } = {}) => {
    const url = new URL(`console/${address}`, document.baseURI)
    window.history[replace ? 'replaceState' : 'pushState'](null, '', url)
    setPlace(currentPlace())
  }
  return <RouterContext.Provider value={{ place, go }}>{children}</RouterContext.Provider>
}

function currentPlace(): Place {
  const below = window.location.pathname.slice(consoleRoot().length)
  return { path: below.replace(/^\/+|\/+$/g, ''), search: new URLSearchParams(window.location.search) }
}

function consoleRoot(): string {
  return new URL('console', document.baseURI).pathname
}

/** Where a click leads, if it is a plain one on a link into the console. */
function consoleAddressOf(event: MouseEvent): string | null {
  if (event.defaultPrevented || event.button !== 0) return null
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return null
  const link = event.target instanceof Element ? event.target.closest('a[href]') : null
  if (!(link instanceof HTMLAnchorElement) || link.target !== '' || link.hasAttribute('download')) return null
  const url = new URL(link.href)
  // A place in the view that is open, which the browser finds.
  if (url.hash !== '') return null
  const root = consoleRoot()
  const isInside = url.pathname === root || url.pathname.startsWith(`${root}/`)
  return url.origin === window.location.origin && isInside ? url.href : null
}
