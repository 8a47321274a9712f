/** What simulated peers are like: how long they take, and what they do instead of answering. */
import type { OutboundResult } from '../../src/security/outbound.ts'
import type { Random } from '../support/random.ts'
import type { Catalogue } from './catalogue.ts'
import { drawLognormal } from './draws.ts'
import { drawFalsehood } from './falsehood.ts'

/** One request as a peer sees it. */
export type Exchange = {
  readonly registryUrl: string
  readonly query: URLSearchParams
  readonly knownEtag: string | undefined
  /** Since the world began. */
  readonly elapsedMs: number
  /** Of this request alone. */
  readonly random: Random
  readonly catalogue: Catalogue
}

/** After how long, and what then; a peer that is silent never does anything. */
export type Reply = { readonly afterMs: number; result(at: Exchange): OutboundResult } | 'silence'

export type Nature = {
  readonly name: string
  /** Its records are its own and true. */
  readonly isHonest: boolean
  /** It answers within 30 ms, always. */
  readonly isPrompt: boolean
  reply(exchange: Exchange): Reply
}

export type NatureName =
  | 'prompt'
  | 'usual'
  | 'slow'
  | 'hung'
  | 'flapping'
  | 'absent'
  | 'failing'
  | 'busy'
  | 'refusing'
  | 'lying'

type Make = (random: Random) => Nature

const HONEST = { isHonest: true, isPrompt: false }

export const NATURES: Readonly<Record<NatureName, Make>> = {
  prompt: () => ({
    ...HONEST,
    name: 'prompt',
    isPrompt: true,
    reply: answerAfter(({ random }) => 30 * random.next()),
  }),
  usual: (random) => {
    const medianMs = drawLognormal(random, 60, 0.5)
    return { ...HONEST, name: 'usual', reply: answerAfter((asked) => drawUsual(asked.random, medianMs)) }
  },
  slow: () => ({
    ...HONEST,
    name: 'slow',
    reply: answerAfter(({ random }) => drawLognormal(random, 1_200, 0.5)),
  }),
  hung: () => ({ ...HONEST, name: 'hung', reply: () => 'silence' }),
  flapping: (random) => {
    const [periodMs, isSilent] = [5_000 + random.below(200_000), random.next() < 0.5]
    const well = answerAfter((asked) => drawUsual(asked.random, 60))
    const ill: Nature['reply'] = isSilent ? () => 'silence' : () => ({ afterMs: 2, result: unreachable })
    const isWell = (elapsedMs: number): boolean => Math.floor(elapsedMs / periodMs) % 2 === 0
    return { ...HONEST, name: 'flapping', reply: (asked) => (isWell(asked.elapsedMs) ? well : ill)(asked) }
  },
  absent: () => ({
    ...HONEST,
    name: 'absent',
    reply: ({ random }) => ({ afterMs: 3 * random.next(), result: unreachable }),
  }),
  failing: (random) => {
    const status = random.pick([400, 404, 418, 500, 502, 503, 504])
    return {
      ...HONEST,
      name: `failing with ${status}`,
      reply: () => ({ afterMs: 20, result: problem(status) }),
    }
  },
  busy: (random) => {
    const retryAfter = random.pick(['', '7', 'soon', '-5', '999999999', 'Mon, 23 Nov 2026 12:00:30 GMT'])
    const result = problem(random.pick([429, 503]), retryAfter === '' ? {} : { 'retry-after': retryAfter })
    const well = answerAfter((asked) => drawUsual(asked.random, 60))
    const reply: Nature['reply'] = (asked) =>
      asked.random.next() < 0.5 ? { afterMs: 5, result } : well(asked)
    return { ...HONEST, name: `busy until "${retryAfter}"`, reply }
  },
  refusing: (random) => ({
    ...{ ...HONEST, name: 'refusing' },
    reply: () => ({ afterMs: 10, result: problem(random.pick([401, 403])) }),
  }),
  lying: (random) => {
    const { name, result } = drawFalsehood(random)
    return {
      isHonest: false,
      isPrompt: false,
      name,
      reply: (asked) => ({ afterMs: drawUsual(asked.random, 60), result }),
    }
  },
}

/** A peer that is well: one answer in fifty takes ten times as long. */
function drawUsual(random: Random, medianMs: number): number {
  const ms = drawLognormal(random, medianMs, 0.5)
  return random.next() < 0.02 ? 10 * ms : ms
}

function answerAfter(ms: (asked: Exchange) => number): Nature['reply'] {
  return (asked) => ({ afterMs: ms(asked), result: answer })
}

/** What an honest registry answers. */
function answer({ catalogue, query, elapsedMs, knownEtag }: Exchange): OutboundResult {
  const { body, etag } = catalogue.pageFor(query, elapsedMs)
  if (etag === knownEtag) return { kind: 'response', status: 304, headers: { etag }, body: Buffer.alloc(0) }
  return {
    kind: 'response',
    status: 200,
    headers: { 'content-type': 'application/json', etag },
    body: Buffer.from(body),
  }
}

function unreachable(): OutboundResult {
  return {
    kind: 'failed',
    reason: 'unreachable',
    detail: 'Nothing accepts connections at this address and port.',
  }
}

function problem(status: number, headers: Readonly<Record<string, string>> = {}): () => OutboundResult {
  const body = Buffer.from(JSON.stringify({ detail: `Something is wrong here (${status}).` }))
  return () => ({
    kind: 'response',
    status,
    headers: { 'content-type': 'application/problem+json', ...headers },
    body,
  })
}
