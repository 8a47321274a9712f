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

/** What the API takes of them: nothing for what is empty. */
export function toParameters(filters: Readonly<Record<string, string>>): Record<string, string> {
  const chosen = Object.entries(filters).map(([name, value]) => [name, value.trim()] as const)
  return Object.fromEntries(chosen.filter(([, value]) => value !== ''))
}

/** A local time, as `<input type="datetime-local">` has it, in RFC 3339 and UTC; what is no time is left as it is. */
export function utcOf(localTime: string): string {
  const at = new Date(localTime)
  return Number.isNaN(at.getTime()) ? localTime : at.toISOString().replace('.000Z', 'Z')
}

/** A time for `<input type="datetime-local">`, to its minute; empty for what is none. */
export function localOf(time: string): string {
  const at = new Date(time)
  if (Number.isNaN(at.getTime())) return ''
  // Written as if it were UTC, a local time comes out in the field's own form.
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16)
}
