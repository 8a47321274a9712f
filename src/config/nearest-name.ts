/** Guesses which name a misspelled one was meant to be. */

/**
 * The known name with the fewest edits to the given one, the first of equals; case does not count, nor does a prefix
 * that was left out (`PORT` is `REGISTRY_PORT`).
 */
export function findNearestName(name: string, known: readonly string[]): string | undefined {
  const wanted = name.toUpperCase()
  let best: { readonly candidate: string; readonly distance: number } | undefined
  for (const candidate of known) {
    const full = candidate.toUpperCase()
    const distance = full.endsWith(`_${wanted}`) ? 0 : editDistance(wanted, full)
    if (best === undefined || distance < best.distance) best = { candidate, distance }
  }
  return best?.candidate
}

/** Levenshtein distance: insertions, deletions and replacements that turn one text into the other. */
export function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let i = 1; i <= from.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= to.length; j += 1) {
      const replaced = at(row, j - 1) + (from[i - 1] === to[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, at(row, j) + 1, at(next, j - 1) + 1))
    }
    row = next
  }
  return at(row, to.length)
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY
}
