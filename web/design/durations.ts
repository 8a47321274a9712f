/** Ages and durations in words. */

const STEPS = [
  { seconds: 86_400, word: 'day' },
  { seconds: 3_600, word: 'hour' },
  { seconds: 60, word: 'minute' },
  { seconds: 1, word: 'second' },
] as const

/** "3 minutes", in whole units of the largest that fits; "less than a second" below one. */
export function durationInWords(seconds: number): string {
  const step = STEPS.find((candidate) => seconds >= candidate.seconds)
  if (step === undefined) return 'less than a second'
  const count = Math.floor(seconds / step.seconds)
  return `${count} ${step.word}${count === 1 ? '' : 's'}`
}

/** "just now" for what is less than five seconds old, else "3 minutes ago". */
export function ageInWords(seconds: number): string {
  return seconds < 5 ? 'just now' : `${durationInWords(seconds)} ago`
}

export function untilInWords(seconds: number): string {
  return `in ${durationInWords(seconds)}`
}

/** `41 ms`, `1.5 s`: for columns of figures. */
export function milliseconds(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`
}
