/**
 * A record as those outside this registry see it, peers and callers without a key: its free text without addresses of
 * people and machines and without secrets, and no address that leads nowhere but inside. Who holds a key of this
 * registry sees it as it was written.
 */
import { isIP } from 'node:net'
import { LRUCache } from 'lru-cache'
import type { Agent, Endpoint, OwnAgent, Provider, Skill } from '../domain/agent.ts'
import { isRelativeToReader } from './canonical-url.ts'
import { didRootOf, isUnderRoot } from './did.ts'
import { findPersonalData, maskPersonalData, type PersonalDataKind } from './personal-data.ts'

export type RecordMask = <T extends Agent>(agent: T) => T

/** To be raised when anything is masked otherwise: what is indexed is brought up to it. */
export const MASK_RULE = '1'

/** Records looked through once are remembered by their revision, some 100 bytes each. */
const REMEMBERED_RECORDS = 50_000

/**
 * For records that are stored, which are what their revision says.
 * @param publicUrl of this registry; where it is internal itself, so are its readers, and its addresses mean something.
 */
export function createRecordMask(publicUrl: string): (agent: OwnAgent) => OwnAgent {
  const mask = recordMask(publicUrl)
  // Nearly all records are clean, and looking takes longer than sending them.
  const known = new LRUCache<string, { readonly revision: number; readonly isClean: boolean }>({
    // By size it grows as it fills; with `max` it would take its memory at the start.
    maxSize: REMEMBERED_RECORDS,
    sizeCalculation: () => 1,
  })
  return (agent) => {
    const verdict = known.get(agent.id)
    if (verdict?.revision === agent.revision && verdict.isClean) return agent
    const masked = mask(agent)
    // What was found in a record stays found: of a masked copy that is looked at later it says nothing.
    if (verdict?.revision !== agent.revision) {
      known.set(agent.id, { revision: agent.revision, isClean: masked === agent })
    }
    return masked
  }
}

/** The same without a memory; a record with nothing to mask is returned itself. */
export function recordMask(publicUrl: string): RecordMask {
  const rule: Rule = { arePeersInside: isInternalUrl(publicUrl), didRoot: didRootOf(publicUrl) }
  return (agent) => {
    const parts = {
      name: maskText(agent.name),
      description: maskText(agent.description),
      version: maskNullable(agent.version),
      statusMessage: maskNullable(agent.statusMessage),
      claimedDid: openDid(agent.claimedDid, rule),
      successorDid: openDid(agent.successorDid, rule),
      tags: maskEach(agent.tags, maskText),
      skills: maskEach(agent.skills, maskSkill),
      endpoints: openEndpoints(agent.endpoints, rule),
      provider: agent.provider === null ? null : maskProvider(agent.provider, rule),
      authSchemes: maskEach(agent.authSchemes, maskText),
    }
    return differs(agent, parts) ? { ...agent, ...parts } : agent
  }
}

type Rule = {
  /** Internal addresses are left as they are. */
  readonly arePeersInside: boolean
  /** Of this registry: its own DIDs say no more than its address. */
  readonly didRoot: string
}

/** The very same object when no part differs. */
function withChanges<T extends object>(whole: T, parts: Partial<T>): T {
  return differs(whole, parts) ? { ...whole, ...parts } : whole
}

function differs(whole: object, parts: object): boolean {
  return Object.entries(parts).some(([name, part]) => Reflect.get(whole, name) !== part)
}

/** The very same list when no element differs. */
function maskEach<T>(list: readonly T[], mask: (element: T) => T): readonly T[] {
  const masked = list.map(mask)
  return masked.every((element, place) => element === list[place]) ? list : masked
}

// A mask may end what stood beside it, so a further pass may find more; text made to need many must not cost many.
const MAX_PASSES = 4

/** A free text as it leaves this registry. */
export function maskText(text: string): string {
  let masked = text
  for (let pass = 1; pass <= MAX_PASSES; pass += 1) {
    const personal = maskPersonalData(masked).text
    masked = maskInternalHosts(personal)
    if (masked === personal) break
  }
  return masked
}

function maskNullable(text: string | null): string | null {
  return text === null ? null : maskText(text)
}

function maskSkill(skill: Skill): Skill {
  return withChanges(skill, {
    id: maskText(skill.id),
    name: maskText(skill.name),
    description: maskText(skill.description),
    tags: maskEach(skill.tags, maskText),
  })
}

function maskProvider(provider: Provider, rule: Rule): Provider {
  const { organization, url } = provider
  const isOpen = url === null || isOpenUrl(url, rule)
  return withChanges(provider, { organization: maskText(organization), url: isOpen ? url : null })
}

function openEndpoints(endpoints: readonly Endpoint[], rule: Rule): readonly Endpoint[] {
  const open = endpoints.filter(({ url }) => isOpenUrl(url, rule))
  return maskEach(open.length === endpoints.length ? endpoints : open, (endpoint) =>
    withChanges(endpoint, { binding: maskNullable(endpoint.binding) }),
  )
}

/** What must not stand in a URL. That an agent lives at a bare public IP address is what the URL is there to say. */
const NOT_IN_URLS: readonly PersonalDataKind[] = ['email', 'phone', 'token']

function isOpenUrl(url: string, { arePeersInside }: Rule): boolean {
  if (!arePeersInside && isInternalUrl(url)) return false
  const kinds = new Set([...findPersonalData(url), ...findPersonalData(decoded(url))])
  return !NOT_IN_URLS.some((kind) => kinds.has(kind))
}

function openDid(did: string | null, { didRoot, arePeersInside }: Rule): string | null {
  if (did === null || isUnderRoot(did, didRoot)) return did
  const [, host = ''] = /^did:web:([^:]*)/.exec(did) ?? []
  if (host !== '' && !arePeersInside && isInternalUrl(`https://${decoded(host)}`)) return null
  // Behind the method: `did:key:…` is no key that opens anything.
  const specific = did.replace(/^did:[a-z0-9]+:/, '')
  const kinds = new Set([...findPersonalData(specific), ...findPersonalData(decoded(specific))])
  return NOT_IN_URLS.some((kind) => kinds.has(kind)) ? null : did
}

function decoded(text: string): string {
  // One escape that is none must not hide the others.
  return text.replaceAll(/(?:%[0-9a-f]{2})+/gi, (escapes) =>
    Buffer.from(escapes.replaceAll('%', ''), 'hex').toString(),
  )
}

// Names that no public name server answers (RFC 6762, RFC 8375, and those that companies took for themselves).
const INTERNAL_NAME = /\.(?:internal|intranet|local|localhost|localdomain|lan|corp|home|home\.arpa|private)$/

function isInternalUrl(text: string): boolean {
  const url = URL.parse(text)
  // What cannot be read is not shown.
  if (url === null) return true
  const hostname = url.hostname.replace(/\.$/, '')
  if (isRelativeToReader(hostname) || INTERNAL_NAME.test(hostname)) return true
  const address = hostname.replace(/^\[|\]$/g, '')
  return isIP(address) === 0 ? !hostname.includes('.') : isShared(address)
}

/** Addresses between a provider and its customers. @see RFC 6598 */
function isShared(address: string): boolean {
  return /^100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\./.test(address)
}

const LABEL = String.raw`[\p{L}\p{N}_-]{1,63}`
const ENDS = String.raw`(?![\p{L}\p{N}_-]|\.[\p{L}\p{N}])`
const IN_URL = [
  String.raw`(?:${LABEL}\.){0,8}(?:internal|intranet|local|localhost|localdomain|lan|corp|home|home\.arpa|private)${ENDS}`,
  `(?<=https?://)${LABEL}(?=[:/])`,
]
// Without a scheme, endings that code and prose know as words (`this.local`) need a name of three parts.
const IN_TEXT = [
  String.raw`(?:${LABEL}\.){1,8}(?:internal|intranet|localhost|localdomain|lan|home\.arpa)${ENDS}`,
  String.raw`(?:${LABEL}\.){2,8}(?:local|corp|home|private)${ENDS}`,
  String.raw`localhost(?=:\d)`,
]
const HOST_IN_URL = new RegExp(`(?<=://)(?:${IN_URL.join('|')})`, 'giu')
const HOST_IN_TEXT = new RegExp(`(?<![\\p{L}\\p{N}_.@/-])(?:${IN_TEXT.join('|')})`, 'giu')

function maskInternalHosts(text: string): string {
  // Hardly any text holds either.
  const isPossible = /:\/\/|localhost|\.(?:in|lo|la|co|ho|pr)/i.test(text)
  return isPossible ? text.replaceAll(HOST_IN_URL, '[address]').replaceAll(HOST_IN_TEXT, '[address]') : text
}
