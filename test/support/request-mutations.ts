/**
 * Genuine requests of peers with one thing changed: a character of one component, a component of another request, a
 * signature put into another shape. Whatever means the same as before is left out, everything else is a forgery.
 */
import { sign } from 'node:crypto'
import { mintKeyPair, toPrivateKey } from '../../src/security/ed25519-key.ts'
import { signHmac } from '../../src/security/signature-hmac.ts'
import { signRequest } from '../../src/security/signature-rfc9421.ts'

export type Scheme = 'hmac-sha256' | 'rfc9421-ed25519'

export type PeerKeys = {
  /** Public URL of the registry that asks. */
  readonly registry: string
  readonly token: string
  readonly signingSecret: string
  readonly pair: ReturnType<typeof mintKeyPair>
}

/** A request as it travels, by component. Which components there are depends on the scheme. */
export type Components = Readonly<Record<string, string>>

export type Genuine = { readonly scheme: Scheme; readonly components: Components }

export type Mutation = { readonly component: string; readonly components: Components }

export function makePeerKeys(registry: string, token: string, signingSecret: string): PeerKeys {
  return { registry, token, signingSecret, pair: mintKeyPair() }
}

/** @param request.now Unix seconds. */
export function genuineRequest(
  scheme: Scheme,
  keys: PeerKeys,
  request: { readonly authority: string; readonly target: string; readonly now: number },
): Genuine {
  const { authority, target, now } = request
  const authorization = `Bearer ${keys.token}`
  const body = new Uint8Array(0)
  const common = { method: 'GET', target, 'x-federation-registry': keys.registry, authorization }
  if (scheme === 'hmac-sha256') {
    const signature = signHmac({ method: 'GET', target, body, secret: keys.signingSecret, now })
    return { scheme, components: { ...common, 'x-federation-signature': signature } }
  }
  const [path = '', query = ''] = target.split(/(?=\?)/)
  const privateKey = toPrivateKey(keys.pair)
  const signer = {
    thumbprint: keys.pair.thumbprint,
    sign: (bytes: Uint8Array) => sign(null, bytes, privateKey),
  }
  const parts = { method: 'GET', authority, path, query: query || '?', body, authorization }
  const { headers } = signRequest({ ...parts, registry: keys.registry }, { signer, now })
  return { scheme, components: { ...common, ...headers } }
}

/**
 * One forgery of a genuine request.
 *
 * @param others genuine requests of the same scheme to take components from.
 * @param random from 0 to 1.
 */
export function mutate(genuine: Genuine, others: readonly Genuine[], random: () => number): Mutation {
  for (;;) {
    const component = pick(Object.keys(genuine.components), random)
    const before = genuine.components[component] ?? ''
    const other = pick(others, random).components[component] ?? ''
    const after = pick(CHANGES, random)(before, { random, other, component })
    const components = { ...genuine.components, [component]: after }
    if (meansTheSame(genuine.scheme, component, before, after)) continue
    // By HMAC, two requests that differ in their second alone differ in one header alone.
    if (others.some((one) => isEqual(one.components, components))) continue
    return { component, components }
  }
}

type Change = (
  text: string,
  more: { readonly random: () => number; readonly other: string; readonly component: string },
) => string

const CHARACTERS = `abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 "';:,=()/?&%+-_.~@#[]{}<>|!$*\t`

const CHANGES: readonly Change[] = [
  (text, { random }) => splice(text, at(text, random), 1, pick([...CHARACTERS], random)),
  (text, { random }) => splice(text, at(text, random), 0, pick([...CHARACTERS], random)),
  (text, { random }) => splice(text, at(text, random), 1, ''),
  (text, { random }) => {
    const place = at(text, random)
    return splice(text, place, 1, flipBit(text[place] ?? 'a', random))
  },
  (text, { random }) => {
    const place = at(text, random)
    return splice(text, place, 2, `${text[place + 1] ?? ''}${text[place] ?? ''}`)
  },
  (text, { random }) => {
    const [from, to] = [at(text, random), at(text, random)]
    return splice(text, to, 0, text.slice(from, from + 1 + Math.floor(random() * 8)))
  },
  (text, { random }) => splice(text, at(text, random), 1 + Math.floor(random() * 8), ''),
  (_text, { other }) => other,
  (text, { other, random }) => `${text.slice(0, at(text, random))}${other.slice(at(other, random))}`,
  (text) => text.toUpperCase(),
  (text) => text.toLowerCase(),
  (text) => `${text}, ${text}`,
  () => '',
  (text, { random }) => text.replace(/\d+/g, (digits) => String(Number(digits) + pick([-1, 1, 60], random))),
  (text, { component }) => (component === 'signature' ? withGroupOrder(text) : `${text}x`),
  (text, { random }) => reorder(text, random),
]

/** The order of the curve's group: S and S + L are the same number to a verifier that does not look. */
const GROUP_ORDER = 2n ** 252n + 27742317777372353535851937790883648493n

/** @see RFC 8032, section 8.4 */
function withGroupOrder(text: string): string {
  const bytes = Buffer.from(text.slice(text.indexOf(':') + 1, -1), 'base64')
  if (bytes.length !== 64) return `${text}x`
  let sum = BigInt(`0x${Buffer.from(bytes.subarray(32)).reverse().toString('hex')}`) + GROUP_ORDER
  for (let place = 32; place < 64; place += 1) {
    bytes.writeUInt8(Number(sum & 0xffn), place)
    sum >>= 8n
  }
  return `fed=:${bytes.toString('base64')}:`
}

/** Components or parameters of a list in another order. */
function reorder(text: string, random: () => number): string {
  const separator = text.includes(';') ? ';' : text.includes('&') ? '&' : ' '
  const parts = text.split(separator)
  const place = Math.floor(random() * parts.length)
  return [...parts.slice(place), ...parts.slice(0, place)].join(separator)
}

/** Headers travel without the blanks around them, and an HMAC covers none of them. */
function meansTheSame(scheme: Scheme, component: string, before: string, after: string): boolean {
  if (before === after) return true
  const isHeader = component !== 'method' && component !== 'target'
  if (isHeader && before.trim() === after.trim()) return true
  if (scheme === 'rfc9421-ed25519') return false
  if (component === 'x-federation-registry') return registryOf(after) === registryOf(before)
  if (component === 'authorization') return tokenOf(after) === tokenOf(before)
  return false
}

function isEqual(one: Components, other: Components): boolean {
  return Object.keys(one).every((name) => one[name] === other[name])
}

function registryOf(text: string): string {
  const url = URL.parse(/^https?:\/\//i.test(text) ? text : `https://${text}`)
  return url === null ? text : `${url.protocol}//${url.hostname.replace(/\.$/, '')}:${url.port}`
}

function tokenOf(text: string): string {
  return text.trim().replace(/^bearer +/i, '')
}

function splice(text: string, place: number, remove: number, insert: string): string {
  return text.slice(0, place) + insert + text.slice(place + remove)
}

function flipBit(character: string, random: () => number): string {
  const code = character.charCodeAt(0) ^ (1 << Math.floor(random() * 7))
  return code < 0x20 || code === 0x7f ? 'x' : String.fromCharCode(code)
}

function at(text: string, random: () => number): number {
  return Math.floor(random() * Math.max(1, text.length))
}

function pick<T>(choices: readonly T[], random: () => number): T {
  const choice = choices[Math.floor(random() * choices.length)]
  if (choice === undefined) throw new Error('there is nothing to choose from')
  return choice
}
