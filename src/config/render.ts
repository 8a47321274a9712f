/** Settings as text: those in effect for the `config` command, all of them for the documentation. */
import type { EffectiveSetting } from './read-settings.ts'
import { listSettings } from './settings.ts'
import type { Config } from './shape.ts'

/** The settings in effect as lines `NAME=value  # origin, the default`, then the trusted peers; secrets are masked. */
export function renderConfig(loaded: {
  readonly config: Config
  readonly settings: readonly EffectiveSetting[]
}): string {
  const settings = loaded.settings.map(
    (setting) => `${setting.name}=${quote(setting.value)}  # ${describeOrigin(setting)}`,
  )
  const peers = loaded.config.federation.trustedPeers.map(
    ({ name, url, protocol, apiKey, signingSecret }) => {
      const held = `api key ${apiKey === null ? 'not set' : 'set'}, signing secret ${signingSecret === null ? 'not set' : 'set'}`
      return `# trusted peer ${JSON.stringify(name)}: ${url} (${protocol}; ${held})`
    },
  )
  return [...settings, ...peers, ''].join('\n')
}

/** Where a value comes from, and what it is instead of. */
function describeOrigin({ value, origin, byDefault }: EffectiveSetting): string {
  if (value === byDefault) return origin
  return `${origin}; default ${byDefault === '' ? 'none' : quote(byDefault)}`
}

/** The table of docs/configuration.md: every setting. */
export function renderSettingsTable(): string {
  const rows = listSettings().map(({ name, defaultText, takes, purpose }) =>
    row([`\`${name}\``, defaultText, takes, purpose]),
  )
  return [
    row(['Setting', 'Default', 'Takes', 'What it decides']),
    row(['---', '---', '---', '---']),
    ...rows,
    '',
  ].join('\n')
}

/** Single quotes as in a shell, where a value holds more than plain characters. */
function quote(value: string): string {
  return /^[\w./:@,+*[\]-]*$/.test(value) ? value : `'${value.replaceAll("'", String.raw`'\''`)}'`
}

/** What Markdown or HTML would read as its own is escaped, outside of code. */
function row(cells: readonly string[]): string {
  const escaped = cells.map((cell) =>
    cell
      .split('`')
      .map((part, index) => (index % 2 === 1 ? part : part.replaceAll('<', '&lt;').replaceAll('*', '\\*')))
      .join('`')
      .replaceAll('|', '\\|'),
  )
  return `| ${escaped.join(' | ')} |`
}
