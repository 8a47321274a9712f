/**
 * Reading members of a registry's answer for showing them. An answer is taken as it comes: a member that is
 * missing or of another kind is empty, since another version of the registry may answer.
 */

type Members = Readonly<Record<string, unknown>>

export function textOf(value: unknown, name: string): string {
  const member = memberOf(value, name)
  return typeof member === 'string' ? member : typeof member === 'number' ? String(member) : ''
}

export function numberOf(value: unknown, name: string): number | undefined {
  const member = memberOf(value, name)
  return typeof member === 'number' ? member : undefined
}

export function isTrue(value: unknown, name: string): boolean {
  return memberOf(value, name) === true
}

export function listOf(value: unknown, name: string): readonly unknown[] {
  const member = memberOf(value, name)
  return Array.isArray(member) ? member : []
}

/** The texts of a list; others in it are left out. */
export function textsOf(value: unknown, name: string): readonly string[] {
  return listOf(value, name).filter((element) => typeof element === 'string')
}

export function memberOf(value: unknown, name: string): unknown {
  return isRecord(value) ? value[name] : undefined
}

/** Seconds are enough for people: `2026-01-31 12:00:00Z`; empty without a time. */
export function timeOf(value: unknown, name: string): string {
  const [date, time] = textOf(value, name).split('T')
  return time === undefined ? '' : `${date} ${time.slice(0, 8)}Z`
}

export function isRecord(value: unknown): value is Members {
  return typeof value === 'object' && value !== null
}
