/** Records with people, machines and secrets planted in every text they have. */
import { createRandom, type Random } from '../support/random.ts'

/** What was planted, by where; what its publisher agreed to share stands apart. */
export type Planted = { readonly withheld: Map<string, string>; readonly consented: Map<string, string> }

export type PlantedRecord = {
  /** As it is imported. */
  readonly line: Readonly<Record<string, unknown>>
  readonly visibility: 'public' | 'federated' | 'local'
  readonly hasConsent: boolean
}

type Plant = (where: string) => string

const KINDS: Readonly<Record<string, (random: Random) => string>> = {
  email: (random) => `${letters(random, 14)}@${letters(random, 8)}.example`,
  phone: (random) => `+49 ${digits(random, 3)} ${digits(random, 9)}`,
  ip: (random) => `2001:db8:${hex(random)}:${hex(random)}::${hex(random)}`,
  token: (random) => `sk-${letters(random, 12)}0${letters(random, 12)}1`,
  host: (random) => `${letters(random, 14)}.prod.internal`,
}
const NAMES = Object.keys(KINDS)

export function plantPeople(count: number, seed: number): { records: PlantedRecord[]; planted: Planted } {
  const random = createRandom(seed)
  const planted: Planted = { withheld: new Map(), consented: new Map() }
  const records = Array.from({ length: count }, (_, place): PlantedRecord => {
    const visibility = random.pick(['public', 'federated', 'federated', 'local'] as const)
    const into =
      (map: Map<string, string>): Plant =>
      (where) => {
        const kind = random.pick(NAMES)
        const text = KINDS[kind]?.(random) ?? ''
        map.set(`${kind} in ${where} of ${place}`, text)
        return text
      }
    const form = random.next()
    if (form < 0.7)
      return { line: plainRecord(place, into(planted.withheld), random), visibility, hasConsent: false }
    const hasConsent = form > 0.85
    const card = cardWith(place, into(hasConsent ? planted.consented : planted.withheld), random)
    return { line: { card, share_card: hasConsent }, visibility, hasConsent }
  })
  return {
    records: records.map((one) => ({ ...one, line: { ...one.line, visibility: one.visibility } })),
    planted,
  }
}

/** A few of its texts are planted; in others there is nothing to hide. */
function plainRecord(place: number, plant: Plant, random: Random): Readonly<Record<string, unknown>> {
  const some = (where: string, otherwise: string): string =>
    random.next() < 0.35 ? `${otherwise} ${plant(where)}, or so` : otherwise
  const inUrl = (where: string): string => {
    if (random.next() < 0.7) return `https://agents.example/${place}`
    return random.next() < 0.5
      ? `https://${hostOf(random, plant, where)}/a2a`
      : `https://agents.example/${place}?u=${encodeURIComponent(plantKind(plant, where, 'email'))}`
  }
  return {
    agent_type: 'a2a',
    name: some('name', `Harbour agent ${place}`),
    description: some('description', `Number ${place} moves ships`),
    version: random.next() < 0.2 ? plant('version') : '1.0',
    status_message: some('status message', 'fine'),
    tags: [some('tag', 'ships').slice(0, 64), 'harbour'],
    skills: [
      {
        id: some('skill id', 'moor'),
        name: some('skill name', 'Moor'),
        description: some('skill description', 'to a quay'),
        tags: [some('skill tag', 'rope').slice(0, 64)],
      },
    ],
    provider: {
      organization: some('provider', 'Acme'),
      url: random.next() < 0.5 ? null : inUrl('provider url'),
    },
    endpoints: [
      { url: inUrl('endpoint'), protocol: 'a2a', binding: some('binding', 'JSONRPC').slice(0, 64) },
    ],
    auth_schemes: [some('auth scheme', 'oauth2').slice(0, 64)],
  }
}

function hostOf(random: Random, plant: Plant, where: string): string {
  return random.next() < 0.5 ? plantKind(plant, where, 'host') : `[fd00::${hex(random)}]`
}

/** Draws until it is of this kind. */
function plantKind(plant: Plant, where: string, kind: 'email' | 'host'): string {
  for (;;) {
    const text = plant(where)
    if (kind === 'email' ? text.includes('@') : text.endsWith('.internal')) return text
  }
}

function cardWith(place: number, plant: Plant, random: Random): Readonly<Record<string, unknown>> {
  return {
    protocolVersion: '0.3.0',
    name: `Carded agent ${place}`,
    description: `Moves ships; ask ${plantKind(plant, 'card', 'email')}`,
    url: `https://agents.example/${place}/a2a`,
    version: '1.0',
    capabilities: {},
    defaultInputModes: ['text/plain'],
    defaultOutputModes: ['text/plain'],
    skills: [
      {
        id: 'moor',
        name: 'Moor',
        description: `to a quay ${random.next() < 0.5 ? plant('card skill') : ''}`,
        tags: ['x'],
      },
    ],
    'x-support': plantKind(plant, 'card extension', 'email'),
  }
}

function letters(random: Random, count: number): string {
  return Array.from({ length: count }, () => String.fromCharCode(97 + random.below(26))).join('')
}

function digits(random: Random, count: number): string {
  return Array.from({ length: count }, () => String(1 + random.below(9))).join('')
}

function hex(random: Random): string {
  return (4_096 + random.below(61_440)).toString(16)
}
