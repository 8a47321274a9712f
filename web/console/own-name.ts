/** What this registry is called. It puts its name into the title of the page it gives, before anything is asked. */
import { type Context, createContext } from 'preact'
import { useContext } from 'preact/hooks'

export const OwnNameContext: Context<string> = createContext('')

export function useOwnName(): string {
  return useContext(OwnNameContext)
}

/** The name in the title of the page as it was given: `Console · Harbor Commons`. */
export function ownNameIn(title: string): string {
  return title.replace(/^Console · /, '')
}
