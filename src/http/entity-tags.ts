/** Conditional requests. @see RFC 9110, section 13.1 */

/** Whether `If-None-Match` names the tag: the asker has it already. Weak and strong tags compare alike. */
export function isKnownTag(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false
  const isSame = (known: string) => withoutWeakness(known) === withoutWeakness(tag)
  return header.trim() === '*' || tagsOf(header).some(isSame)
}

/** Whether `If-Match` lets a change of the record with this tag happen; it does when it is not there. */
export function allowsChange(header: string | undefined, tag: string): boolean {
  if (header === undefined || header.trim() === '*') return true
  return tagsOf(header).includes(tag)
}

function tagsOf(header: string): string[] {
  return header.match(/(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/g) ?? []
}

function withoutWeakness(tag: string): string {
  return tag.startsWith('W/') ? tag.slice(2) : tag
}
