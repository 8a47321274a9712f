/** Light, dark or as the system says. The choice is all the pages ever keep in the browser. */
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'

const KEY = 'theme'
const THEMES = ['system', 'light', 'dark'] as const
type Theme = (typeof THEMES)[number]

/** To be called before anything is rendered. */
export function applyTheme(theme: Theme = keptTheme()): void {
  const { dataset } = document.documentElement
  if (theme === 'system') delete dataset.theme
  else dataset.theme = theme
}

function keptTheme(): Theme {
  try {
    const kept = localStorage.getItem(KEY)
    return THEMES.find((theme) => theme === kept) ?? 'system'
  } catch {
    // A browser that keeps nothing follows the system.
    return 'system'
  }
}

function keepTheme(theme: Theme): void {
  try {
    if (theme === 'system') localStorage.removeItem(KEY)
    else localStorage.setItem(KEY, theme)
  } catch {
    // The choice then holds for this page.
  }
}

/** Changes how all charts and pages look at once: colours are tokens. */
export function ThemeToggle(): VNode {
  const [theme, setTheme] = useState(keptTheme)
  const next = (): void => {
    const chosen = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'system'
    keepTheme(chosen)
    applyTheme(chosen)
    setTheme(chosen)
  }
  return (
    <button type="button" class="button button-plain" onClick={next}>
      Theme: {theme}
    </button>
  )
}
