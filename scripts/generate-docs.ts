/**
 * Writes the documents that are made from the code, or with `--check` fails when one differs from it:
 * errors, settings, and who may call what.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { renderSettingsTable } from '../src/config.ts'
import { ROLES } from '../src/domain/principal.ts'
import { ACCESS, type Access } from '../src/http/access.ts'
import { PROBLEMS } from '../src/problem.ts'

const WORDS_FOR_ANYONE: Readonly<Record<Access['anonymous'], string>> = {
  always: 'yes',
  'where-readable': 'if `REGISTRY_ANONYMOUS_READ`',
  'on-this-machine': 'on this machine',
  never: '',
}

const documents: Readonly<Record<string, string>> = {
  'docs/errors.md': renderErrors(),
  'docs/configuration.md': renderConfiguration(),
  'docs/access.md': renderAccess(),
}

const isChecking = process.argv.includes('--check')
for (const [path, text] of Object.entries(documents)) {
  if (!isChecking) {
    writeFileSync(path, text)
  } else if (readIfThere(path) !== text) {
    console.error(`${path} differs from the code: run \`npm run docs\` and commit it.`)
    process.exitCode = 1
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // Not there is as different as can be.
    return undefined
  }
}

function renderErrors(): string {
  const entries = Object.entries(PROBLEMS).map(
    ([code, { status, title, advice }]) => `## ${code}\n\n**${status} ${title}.** ${advice}\n`,
  )
  return `# Errors

Every answer that is not a success is \`application/problem+json\` (RFC 9457): \`type\` ends in \`#<code>\`, \`detail\` is a
sentence about this very request, \`instance\` is its id (the \`X-Request-Id\` header and the log have it too), \`errors\`
names each fault by JSON pointer. This page is made from \`src/problem.ts\`.

${entries.join('\n')}`
}

function renderConfiguration(): string {
  return `# Configuration

Every setting is an environment variable; \`--config file.yaml\` takes the same names, and the environment wins.
\`agentvault-registry config\` prints what is in force, secrets masked. All mistakes are reported at once. Names beginning
with \`REGISTRY_\` or \`FEDERATION_\` that are unknown are refused (in Kubernetes set \`enableServiceLinks: false\`, or a
Service named "registry" injects such names).

${renderSettingsTable().trim()}

## Trusted peers file

\`FEDERATION_PEERS_FILE\` names a YAML or JSON file, applied at start. It adds peers; where a peer is stored already and
differs, the stored values stay and the difference is reported.

\`\`\`yaml
- name: Official Partner Registry
  url: https://partner.example
  api_key_env: PARTNER_API_KEY            # environment variables that hold the secrets
  signing_secret_env: PARTNER_SIGNING_SECRET
\`\`\`
`
}

function renderAccess(): string {
  const head = ['Route', 'anyone', 'peers', ...ROLES]
  const rows = Object.entries(ACCESS).map(([route, { anonymous, peers, roles }]) => [
    `\`${route}\``,
    WORDS_FOR_ANYONE[anonymous],
    peers ? 'yes' : '',
    ...ROLES.map((role) => (roles.includes(role) ? 'yes' : '')),
  ])
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return `# Who may call what

Made from the table that the server itself enforces (\`src/http/access.ts\`). What is not listed is refused. Agents are
changed by their owner's keys and by admins; an operator may disable a peer but not change it otherwise; what a caller
*sees* follows from a record's visibility ([security-model.md](security-model.md#roles)).

"On this machine" is a caller on loopback that names a loopback host, comes through no proxy, and asks a registry whose
\`REGISTRY_PUBLIC_URL\` is on loopback too: before a published registry there may be a proxy, whose callers all look
local. There, \`GET /metrics\` takes a key.

${[line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')}
`
}
