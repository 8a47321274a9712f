/** Whether there is room for two columns; the same width as in the style sheet. */
import { useEffect, useState } from 'preact/hooks'

const WIDE = '(min-width: 60rem)'

export function useWide(): boolean {
  const [isWide, setIsWide] = useState(() => matchMedia(WIDE).matches)
  useEffect(() => {
    const query = matchMedia(WIDE)
    const onChange = (): void => setIsWide(query.matches)
    query.addEventListener('change', onChange)
    return () => query.removeEventListener('change', onChange)
  }, [])
  return isWide
}
