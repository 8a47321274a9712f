/** Times in the viewer's zone, which the title names, with the exact time for machines. */
import type { VNode } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { ageInWords, untilInWords } from './durations.ts'

/** The time now, in Unix ms, anew every so often, for what shows ages. */
export function useNow(everyMs: number): number {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs)
    return () => clearInterval(timer)
  }, [everyMs])
  return now
}

export function Time({
  at,
  as = 'date',
  never = 'never',
}: {
  /** RFC 3339, as the API tells times, or Unix ms; what is no time is shown as it is. */
  readonly at: string | number | null
  /** The date and time, or how long ago (or how soon) that is, which is kept up. */
  readonly as?: 'date' | 'age'
  /** What stands where it never was. */
  readonly never?: string
}): VNode {
  if (at === null) return <span>{never}</span>
  const time = typeof at === 'number' ? at : Date.parse(at)
  if (Number.isNaN(time)) return <span>{at}</span>
  const date = new Date(time)
  return (
    <time dateTime={date.toISOString()} title={LONG().format(date)}>
      {as === 'age' ? <Age time={time} /> : SHORT().format(date)}
    </time>
  )
}

function Age({ time }: { readonly time: number }): VNode {
  const now = useNow(10_000)
  return <>{time > now + 1_000 ? untilInWords((time - now) / 1_000) : ageInWords((now - time) / 1_000)}</>
}

const SHORT = once(() => new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' }))
const LONG = once(() => new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' }))

/** Making a formatter takes a millisecond; a table shows a hundred times. */
function once<T>(make: () => T): () => T {
  let made: T | undefined
  return () => {
    made ??= make()
    return made
  }
}
