/** From texts under names to values: which source wins, what is refused, and where each value came from. */

import { cleanLine } from '../security/text.ts'
import type { FileValue } from './file.ts'
import { type ConfigMistake, showRefused } from './mistakes.ts'
import { findNearestName } from './nearest-name.ts'
import { listSettings, type Setting } from './settings.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** Where a value comes from: the environment wins over the file. */
export type Origin = 'default' | 'env' | 'file'

/** A setting in effect, its value as text with secrets masked. */
export type EffectiveSetting = {
  readonly name: string
  readonly value: string
  readonly origin: Origin
  /** What it would be if nobody gave it, as the other settings are. */
  readonly byDefault: string
}

/** Texts that were given, by name of the setting. An empty text counts as not given, wherever it stands. */
export type GivenTexts = ReadonlyMap<string, { readonly value: FileValue; readonly origin: 'env' | 'file' }>

export function gatherGiven(env: Environment, file: ReadonlyMap<string, FileValue>): GivenTexts {
  const given = new Map<string, { readonly value: FileValue; readonly origin: 'env' | 'file' }>()
  for (const { name } of listSettings()) {
    const fromEnv = env[name]?.trim() ?? ''
    const fromFile = file.get(name) ?? ''
    if (fromEnv !== '') given.set(name, { value: fromEnv, origin: 'env' })
    else if (fromFile.length > 0) given.set(name, { value: fromFile, origin: 'file' })
  }
  return given
}

/** Names that nothing reads: all of the file's, and those of the environment that begin like ours. */
export function findUnknownNames(
  env: Environment,
  file: Iterable<string>,
  alsoKnown: ReadonlySet<string>,
): readonly ConfigMistake[] {
  const known = listSettings().map((setting) => setting.name)
  const ours = Object.keys(env).filter((name) => /^(REGISTRY|FEDERATION)_/.test(name) && !alsoKnown.has(name))
  return [...new Set([...ours, ...file])]
    .filter((name) => !known.includes(name))
    .map((name) => ({
      name: showRefused(cleanLine(name)),
      seen: null, // whatever it is, it may be a secret under a misspelled name
      problem: `is not a setting; the nearest known name is ${findNearestName(name, known)}`,
      takes: null,
    }))
}

/** Reads settings one by one, and remembers all mistakes and what is in effect. */
export class SettingsReader {
  readonly mistakes: ConfigMistake[] = []
  readonly effective: EffectiveSetting[] = []
  readonly #given: GivenTexts

  constructor(given: GivenTexts) {
    this.#given = given
  }

  isGiven(name: string): boolean {
    return this.#given.has(name)
  }

  /**
   * The value given, or the default; the default as well where a mistake is noted.
   *
   * @param computedDefault stands for the declared one where that depends on other settings.
   */
  read<T>(setting: Setting<T>, computedDefault: T = setting.fallback): T {
    const { name, kind } = setting
    const given = this.#given.get(name)
    const parsed = given === undefined ? undefined : this.#parse(setting, given.value)
    const value = parsed === undefined ? computedDefault : parsed.value
    this.effective.push({
      ...{ name, value: kind.show(value), origin: given?.origin ?? 'default' },
      byDefault: kind.show(computedDefault),
    })
    return value
  }

  #parse<T>({ name, kind }: Setting<T>, given: FileValue): { readonly value: T } | undefined {
    const { takes } = kind
    if (typeof given !== 'string' && !kind.isList) {
      this.mistakes.push({ name, seen: null, problem: 'holds a list in the file', takes })
      return undefined
    }
    const text = typeof given === 'string' ? given.trim() : given.join(',')
    const parsed = kind.parse(text)
    if (parsed.ok) return parsed
    this.mistakes.push({ name, seen: kind.showRefused(text), problem: parsed.problem, takes })
    return undefined
  }
}
