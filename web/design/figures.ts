/** Figures as the viewer writes them: shares, sizes, and counts with their words. */

/** `2,501` where thousands are set apart so. */
export function formatCount(count: number): string {
  return count.toLocaleString()
}

/** A number with its word: `1 block`, `2,501 lines`. */
export function countOf(count: number, word: string): string {
  return `${formatCount(count)} ${word}${count === 1 ? '' : 's'}`
}

/** `97 %`; a dash where nothing was counted. */
export function percentOf(part: number, whole: number): string {
  return whole === 0
    ? '–'
    : (part / whole).toLocaleString(undefined, { style: 'percent', maximumFractionDigits: 1 })
}

/** `512 B`, `3.4 KiB`, `17 MiB`. */
export function formatBytes(bytes: number): string {
  const step = STEPS.find(({ from }) => bytes >= from) ?? { from: 1, unit: 'B' }
  const amount = bytes / step.from
  const maximumFractionDigits = amount >= 10 || step.from === 1 ? 0 : 1
  return `${amount.toLocaleString(undefined, { maximumFractionDigits })} ${step.unit}`
}

const STEPS = [
  { from: 1024 ** 3, unit: 'GiB' },
  { from: 1024 ** 2, unit: 'MiB' },
  { from: 1024, unit: 'KiB' },
] as const
