/**
 * Fields of an MCP `server.json`, in its current shape and in the earlier ones (`version_detail`, `registry_name`,
 * `transport_type`), which mirrors still serve.
 *
 * @see https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json
 */
import type { AgentStatus, Endpoint, Provider } from '../domain/agent.ts'
import { AGENT_LIMITS } from '../domain/agent.ts'
import { type ExtractedFields, extracted } from './extracted.ts'
import { readEach } from './fields.ts'
import {
  complain,
  isAbsent,
  memberOf,
  type Place,
  placeOf,
  readObject,
  readOptionalText,
  readText,
  readUrl,
  refuse,
} from './place.ts'

const NAME = /^[a-zA-Z0-9.-]+\/[a-zA-Z0-9._-]+$/
const NAME_RULE = { maxChars: AGENT_LIMITS.nameChars }
const BINDING_RULE = { maxChars: AGENT_LIMITS.tagChars }
/** What stands between a repository and a folder of its default branch. */
const FOLDER_PATHS: ReadonlyMap<string, string> = new Map([
  ['github.com', '/tree/HEAD'],
  ['gitlab.com', '/-/tree/HEAD'],
  ['bitbucket.org', '/src/HEAD'],
])
/** `{region}` and the like, which the user fills in. */
const VARIABLE = /\{[^{}]*\}/
// Packages have no schema of their own for how many; a list this long is no package list.
const MAX_PACKAGES = 64

/**
 * Checks what the format requires and gives the fields that search needs.
 *
 * - Endpoints are the remotes, then the repository (binding `repository`): packages have no address. Remotes whose
 *   URL has variables stay in the card only: they are no address until somebody fills them in.
 * - The provider's organization is the namespace of the name, as written (`io.github.user`): the card names nobody
 *   else. It is a claim like any other field; that a namespace was proved to some other registry is not known here.
 * - A description longer than the format's 100 characters is taken: earlier shapes had no such limit.
 *
 * @param pointer where the card is in the body, for the faults.
 */
export function extractFields(card: unknown, pointer = ''): ExtractedFields {
  const place = placeOf(card, pointer)
  const name = readServerName(memberOf(place, 'name'))
  const title = readOptionalText(memberOf(place, 'title'), NAME_RULE)
  checkPackages(memberOf(place, 'packages'))
  const remotes = readRemotes(memberOf(place, 'remotes'))
  const repository = readRepository(memberOf(place, 'repository'))
  const fields = {
    agentType: 'mcp-server',
    name: title ?? name,
    description: readText(memberOf(place, 'description'), {
      maxChars: AGENT_LIMITS.descriptionChars,
      isMultiline: true,
      mayBeEmpty: true,
    }),
    version: readVersion(place),
    status: readStatus(memberOf(place, 'status')),
    endpoints: [...(remotes ?? []), ...(repository ?? [])].slice(0, AGENT_LIMITS.endpoints),
    provider: readProvider(memberOf(place, 'websiteUrl'), name),
  }
  return extracted(fields, place)
}

function readServerName(place: Place): string | undefined {
  const name = readText(place, NAME_RULE)
  if (name === undefined || NAME.test(name)) return name
  return refuse(place, 'a reverse-DNS namespace and a name, such as io.github.user/server')
}

function readVersion(card: Place): string | null | undefined {
  const rule = { maxChars: AGENT_LIMITS.versionChars }
  const detail = memberOf(card, 'version_detail')
  if (isAbsent(detail)) return readText(memberOf(card, 'version'), rule)
  if (readObject(detail, 'an object with version') === undefined) return undefined
  return readOptionalText(memberOf(detail, 'version'), rule)
}

/** Only early shapes have a status; deletion is a matter of the registry that owns the record. */
function readStatus(place: Place): AgentStatus {
  return place.value === 'deprecated' ? 'deprecated' : 'active'
}

function checkPackages(packages: Place): void {
  if (isAbsent(packages)) return
  readEach(packages, { max: MAX_PACKAGES, of: 'packages' }, (place) => {
    if (readObject(place, 'a package: an object with registryType and identifier') === undefined) return
    checkOneOf(place, ['registryType', 'registry_type', 'registry_name'])
    checkOneOf(place, ['identifier', 'name'])
  })
}

/** One of the spellings that the shapes gave a member must be there; the first is the current one. */
function checkOneOf(object: Place, spellings: readonly [string, ...string[]]): void {
  const places = spellings.map((name) => memberOf(object, name))
  readText(places.find((place) => !isAbsent(place)) ?? memberOf(object, spellings[0]), {
    maxChars: AGENT_LIMITS.urlChars,
  })
}

function readRemotes(remotes: Place): Endpoint[] | undefined {
  if (isAbsent(remotes)) return []
  return readEach(remotes, { max: AGENT_LIMITS.endpoints, of: 'remotes' }, (place) => {
    if (readObject(place, 'a remote: an object with type and url') === undefined) return undefined
    const earlyType = memberOf(place, 'transport_type')
    const binding = isAbsent(earlyType)
      ? readText(memberOf(place, 'type'), BINDING_RULE)
      : readOptionalText(earlyType, BINDING_RULE)
    const urlPlace = memberOf(place, 'url')
    if (typeof urlPlace.value === 'string' && VARIABLE.test(urlPlace.value)) {
      readText(urlPlace, { maxChars: AGENT_LIMITS.urlChars })
      return undefined
    }
    const url = readUrl(urlPlace)
    return url === undefined || binding === undefined ? undefined : { url, protocol: 'mcp', binding }
  })
}

/** None or one; early shapes write an empty URL for none. */
function readRepository(place: Place): Endpoint[] | undefined {
  if (isAbsent(place)) return []
  if (readObject(place, 'an object with url and source') === undefined) return undefined
  const urlPlace = memberOf(place, 'url')
  if (isAbsent(urlPlace) || urlPlace.value === '') return []
  const repositoryUrl = readUrl(urlPlace)
  const folder = readFolder(memberOf(place, 'subfolder'))
  if (repositoryUrl === undefined || folder === undefined) return undefined
  const url = readUrl({ ...urlPlace, value: withFolder(repositoryUrl, folder) })
  return url === undefined ? undefined : [{ url, protocol: 'mcp', binding: 'repository' }]
}

/** The segments of a path inside the repository; none for its root. */
function readFolder(place: Place): readonly string[] | undefined {
  const text = readOptionalText(place, { maxChars: AGENT_LIMITS.shortTextChars })
  if (text === undefined) return undefined
  const segments = (text ?? '').split('/').filter((segment) => segment !== '' && segment !== '.')
  return segments.includes('..')
    ? complain(place, 'Takes a path inside the repository, without "..".')
    : segments
}

/** Several servers may share one repository: where the host has addresses of folders, the folder's is the server's. */
function withFolder(repositoryUrl: string, folder: readonly string[]): string {
  const url = new URL(repositoryUrl)
  const infix = FOLDER_PATHS.get(url.hostname.replace(/^www\./, ''))
  if (folder.length === 0 || infix === undefined) return repositoryUrl
  const root = `${url.origin}${url.pathname.replace(/\/+$/, '').replace(/\.git$/, '')}`
  return `${root}${infix}/${folder.map(encodeURIComponent).join('/')}`
}

function readProvider(websiteUrl: Place, name: string | undefined): Provider | null | undefined {
  const url = isAbsent(websiteUrl) || websiteUrl.value === '' ? null : readUrl(websiteUrl)
  const organization = name?.split('/')[0]
  return organization === undefined || url === undefined ? undefined : { organization, url }
}
