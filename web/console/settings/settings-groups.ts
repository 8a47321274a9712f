/** Settings in groups, as their names begin. */

export type Setting = {
  readonly name: string
  readonly value: string
  readonly origin: string
  /** What it would be if nobody gave it. */
  readonly default: string
}

/** Whether somebody made it something else than it is by default. */
export function isChanged(setting: Setting): boolean {
  return setting.value !== setting.default
}

type SettingsGroup = { readonly title: string; readonly settings: readonly Setting[] }

/** The longest beginning that fits decides. */
const TITLES: readonly (readonly [string, string])[] = [
  ['REGISTRY_TLS_', 'TLS'],
  ['REGISTRY_RATE_', 'Rate limits'],
  ['FEDERATION_', 'Federation'],
  ['DATABASE_', 'Database and cache'],
  ['REDIS_', 'Database and cache'],
  ['OTEL_', 'Tracing'],
  ['REGISTRY_', 'Registry'],
]

/** In the order in which the registry tells them, each group where its first setting stands. */
export function groupSettings(settings: readonly Setting[]): SettingsGroup[] {
  const groups = new Map<string, Setting[]>()
  for (const setting of settings) {
    const [, title] = TITLES.find(([beginning]) => setting.name.startsWith(beginning)) ?? ['', 'Others']
    groups.set(title, [...(groups.get(title) ?? []), setting])
  }
  return [...groups].map(([title, members]) => ({ title, settings: members }))
}

const ORIGINS: Readonly<Record<string, string>> = {
  default: 'default',
  env: 'environment',
  file: 'configuration file',
}

/** Where a value comes from, in words. */
export function describeOrigin(origin: string): string {
  return ORIGINS[origin] ?? origin
}
