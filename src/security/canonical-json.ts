/** JSON in the one spelling of RFC 8785, so that what is signed is the same whoever wrote it down. */

/** @param value JSON as `JSON.parse` gives it. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  // Sorted by UTF-16 code units, which is what sorting strings does here (RFC 8785, section 3.2.3).
  const members = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`).join(',')}}`
}
