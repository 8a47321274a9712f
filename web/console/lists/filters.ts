/** Filters of a list, as its address and the API's parameters hold them. */

/** One text for each name; empty where nothing was chosen. */
export type Filters<Name extends string> = Readonly<Record<Name, string>>

/** Filters out of an address; what is not ours is passed over. */
export function readFilters<Name extends string>(
  names: readonly Name[],
  search: URLSearchParams,
): Filters<Name> {
  return Object.fromEntries(names.map((name) => [name, search.get(name) ?? ''])) as Record<Name, string>
}

/** The part of an address behind its path: nothing for what is empty. */
export function writeFilters(filters: Readonly<Record<string, string>>): string {
  const chosen = Object.entries(filters).filter(([, value]) => value !== '')
  return chosen.length === 0 ? '' : `?${new URLSearchParams(chosen)}`
}

/** Whether something was chosen: an empty list then means that nothing fits, not that nothing is there. */
export function isFiltered(filters: Readonly<Record<string, string>>): boolean {
  return Object.values(filters).some((value) => value !== '')
}

/**
 * What the API takes of them: nothing for what is empty, times in UTC.
 *
 * @param times names of those that hold a local time, as `<input type="datetime-local">` writes it.
 */
export function toParameters(
  filters: Readonly<Record<string, string>>,
  times: readonly string[] = [],
): Record<string, string> {
  const chosen = Object.entries(filters).filter(([, value]) => value.trim() !== '')
  return Object.fromEntries(
    chosen.map(([name, value]) => [name, times.includes(name) ? utcOf(value) : value.trim()]),
  )
}

/** A local time in RFC 3339; what is no time is left as it is, and the registry says so. */
export function utcOf(localTime: string): string {
  const at = new Date(localTime)
  return Number.isNaN(at.getTime()) ? localTime : at.toISOString()
}
