/** JSON Merge Patch. @see RFC 7396 */
import { isObject } from './place.ts'

/** The target with the patch applied: `null` removes a member, objects merge, everything else replaces. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch
  const members = new Map(isObject(target) ? Object.entries(target) : [])
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) members.delete(name)
    else members.set(name, mergePatch(members.get(name), value))
  }
  // Not by assignment: a member may be called `__proto__`.
  return Object.fromEntries(members)
}
