/** The kinds of values that settings take: how each is read, refused and shown. */
import { cleanLine } from '../security/text.ts'
import { showRefused } from './mistakes.ts'

export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  /** `problem` ends a sentence that begins with the value, and never repeats a part of it. */
  | { readonly ok: false; readonly problem: string }

export type Kind<T> = {
  /** What it accepts, with its unit; follows "takes". */
  readonly takes: string
  /** Reads trimmed text that is not empty. */
  readonly parse: (text: string) => Parsed<T>
  /** The value as text that `parse` reads again, except for secrets, which are masked. */
  readonly show: (value: T) => string
  /** What may be shown of text that `parse` refused. */
  readonly showRefused: (text: string) => string
  /** Whether the whole value is a secret. */
  readonly isSecret: boolean
  /** Whether a file may give it as a list. */
  readonly isList: boolean
}

export function wholeNumber(
  min: number,
  max: number,
  options: { unit?: string; noun?: string } = {},
): Kind<number> {
  const { unit, noun = 'a number in range' } = options
  return plain({
    takes: `a whole number${unit === undefined ? '' : ` of ${unit}`} from ${min} to ${max}`,
    // Decimal digits only: what `Number` reads beyond that (0x50, 1e3, blanks) is more likely a slip.
    parse: (text) => {
      const value = /^(0|[1-9]\d{0,9})$/.test(text) ? Number(text) : Number.NaN
      return value >= min && value <= max ? good(value) : bad(`is not ${noun}`)
    },
    show: String,
  })
}

/** A part of a whole. */
export function share(): Kind<number> {
  return plain({
    takes: 'a number from 0 to 1',
    parse: (text) => {
      const value = /^\d(\.\d{1,15})?$/.test(text) ? Number(text) : Number.NaN
      return value <= 1 ? good(value) : bad('is not a number in range')
    },
    show: String,
  })
}

export function flag(): Kind<boolean> {
  const words: ReadonlyMap<string, boolean> = new Map([
    ['true', true],
    ['1', true],
    ['false', false],
    ['0', false],
  ])
  return plain({
    takes: 'true, false, 1 or 0',
    parse: (text) => {
      const value = words.get(text)
      return value === undefined ? bad('is neither true nor false') : good(value)
    },
    show: String,
  })
}

export function oneOf<T extends string>(choices: readonly T[]): Kind<T> {
  return plain({
    takes: `one of ${choices.join(', ')}`,
    parse: (text) => {
      const value = choices.find((choice) => choice === text)
      return value === undefined ? bad('is none of them') : good(value)
    },
    show: (value) => value,
  })
}

/** Comma-separated values without repetition; a YAML list does as well. */
export function listOf(
  takes: string,
  parseEntry: (entry: string) => Parsed<string>,
): Kind<readonly string[]> {
  const parse = (text: string): Parsed<readonly string[]> => {
    const values = new Set<string>()
    const entries = text.split(',').map((entry) => entry.trim())
    for (const [index, entry] of entries.entries()) {
      const parsed = entry === '' ? bad('is empty') : parseEntry(entry)
      if (!parsed.ok)
        return entries.length === 1 ? parsed : bad(`has a fault: entry ${index + 1} ${parsed.problem}`)
      values.add(parsed.value)
    }
    return good([...values])
  }
  return { ...plain({ takes, parse, show: (value: readonly string[]) => value.join(',') }), isList: true }
}

/** Free text of one line. */
export function line(maxChars: number): Kind<string> {
  return plain({
    takes: `one line of at most ${maxChars} characters`,
    parse: (text) => {
      if (text.length > maxChars) return bad('is too long')
      return cleanLine(text) === text ? good(text) : bad('holds invisible characters or runs of blanks')
    },
    show: (value) => value,
  })
}

export function path(): Kind<string> {
  return plain({
    takes: 'the path of a file',
    parse: (text) => (text.includes('\0') ? bad('holds a null character') : good(text)),
    show: (value) => value,
  })
}

/** Lets a setting be absent. */
export function optional<T>(kind: Kind<T>): Kind<T | null> {
  return { ...kind, show: (value) => (value === null ? '' : kind.show(value)) }
}

/** What a kind must say for itself. */
export type KindEssence<T> = Pick<Kind<T>, 'takes' | 'parse' | 'show'>

/** A kind of values that may be shown. */
export function plain<T>(kind: KindEssence<T>): Kind<T> {
  return { ...kind, showRefused, isSecret: false, isList: false }
}

/** A kind of values that nobody sees, not even refused. */
export function secret(kind: KindEssence<string>): Kind<string> {
  return {
    ...kind,
    showRefused: (text) => `(${text.length} characters, hidden)`,
    isSecret: true,
    isList: false,
  }
}

export function good<T>(value: T): Parsed<T> {
  return { ok: true, value }
}

export function bad(problem: string): { readonly ok: false; readonly problem: string } {
  return { ok: false, problem }
}
