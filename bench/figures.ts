/** How benches print: one line a figure, its reference and the promise beside it. */

export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

export function sortNumbers(values: readonly number[]): number[] {
  return values.toSorted((a, b) => a - b)
}

export type Figure = {
  readonly what: string
  readonly measured: number
  readonly unit: string
  /** What it is compared with in the same run. */
  readonly reference?: { readonly what: string; readonly measured: number }
  readonly promise?: { readonly atMost: number } | { readonly atLeast: number }
}

/** Prints the figure; a promise that does not hold is said and ends the process with exit code 1. */
export function report(figure: Figure): void {
  const { what, measured, unit, reference, promise } = figure
  const parts = [`${what}: ${round(measured)} ${unit}`.trim()]
  if (reference) {
    parts.push(`${reference.what}: ${round(reference.measured)} ${unit}`.trim())
    parts.push(`ratio ${round(measured / reference.measured)}`)
  }
  if (promise) {
    const holds = 'atMost' in promise ? measured <= promise.atMost : measured >= promise.atLeast
    const bound = 'atMost' in promise ? `<= ${promise.atMost}` : `>= ${promise.atLeast}`
    parts.push(`promised ${bound}: ${holds ? 'holds' : 'DOES NOT HOLD'}`)
    if (!holds) process.exitCode = 1
  }
  console.log(parts.join(' | '))
}

function round(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : Math.abs(value) >= 1 ? 2 : 4
  return value.toFixed(digits)
}
