/** What went wrong with a request, in words for the person who sees it. */

/** One thing wrong in what was sent: a JSON pointer into the body, or `?name` for a parameter. */
type Fault = { readonly pointer: string; readonly message: string }

/** A request that was not served, as pages tell it. */
export type Problem = {
  /** The registry's own code, or one of this page's: see `OwnCode`. */
  readonly code: string
  /** 0 where no answer came. */
  readonly status: number
  readonly title: string
  /** What happened, in a sentence. */
  readonly sentence: string
  /** What the person can do about it, in a sentence. */
  readonly advice: string
  readonly faults: readonly Fault[]
  /** By which the log knows the request. */
  readonly requestId: string | null
  /** How long the registry asks to be left alone. */
  readonly retryAfterSeconds: number | null
}

/** Codes for what no registry answered. */
type OwnCode = 'unreachable' | 'not-a-registry'

/** What to do in the browser; where a code is not here, `adviceOf` goes by the status. */
const ADVICE: Readonly<Record<string, string>> = {
  unauthenticated: 'Sign in with a key of this registry.',
  forbidden: 'Sign in with a key of that role, or ask someone who has one.',
  'invalid-parameter': 'Correct what is marked and try again.',
  'invalid-body': 'Correct what is marked and try again. Nothing was stored.',
  'revision-changed': 'Load it again and repeat your change.',
  'peer-exists': 'Choose another name, or change the peer that is there.',
  'peer-not-found': 'It may have been removed meanwhile: go back to the peers.',
  'invite-refused': 'Ask the other operator for a new invite.',
  'invite-not-found': 'Load the list again: it shows which invites can still be used.',
  'enrolment-refused': 'Ask the other operator by telephone which registry this is before you go on.',
  'enrolment-failed': 'Ask the other operator what their registry says, then try again.',
  'peer-address-forbidden':
    'Use a public address over https, or have the network allowed with REGISTRY_PEER_NETWORKS.',
  'federation-disabled': 'Set FEDERATION_ENABLED=true and restart the registry.',
  'rate-limited': 'Wait a little and try again.',
  'quota-exceeded': 'Wait until the quota begins anew, or ask an operator for more.',
  'storage-unavailable': 'Try again shortly. An operator finds the cause in the log.',
  'storage-full': 'Make room on the disk; reading goes on meanwhile.',
  overloaded: 'Try again in a few seconds.',
  'shutting-down': 'Try again in a few seconds.',
  'wrong-host': 'Open the page under the registry’s own address.',
  'agent-not-found': 'Check the address; what you may not see is also not found.',
  'cursor-expired': 'Search again.',
}

/** The problem that an answer tells (RFC 9457), or the best that can be said of one which tells none. */
export async function problemOfResponse(response: Response): Promise<Problem> {
  const told = await readDocument(response)
  const code = textOf(told.code) ?? 'not-a-registry'
  const title = textOf(told.title) ?? `Status ${response.status}`
  return {
    code,
    status: response.status,
    title,
    sentence: textOf(told.detail) ?? `The registry answered with status ${response.status}.`,
    advice: adviceOf(code, response.status),
    faults: faultsOf(told.errors),
    requestId: requestIdOf(told.instance),
    retryAfterSeconds: secondsOf(response.headers.get('retry-after')),
  }
}

/** No answer came at all. */
export function unreachable(): Problem {
  return ownProblem('unreachable', {
    title: 'No answer',
    sentence: 'The registry does not answer.',
    advice: 'Check your connection, then try again.',
  })
}

/** An answer came that no registry gives: a proxy in between, or a stream that broke off. */
export function notARegistry(sentence: string): Problem {
  return ownProblem('not-a-registry', {
    title: 'An answer that cannot be read',
    sentence,
    advice: 'Try again. If it stays, something between this page and the registry changes its answers.',
  })
}

function ownProblem(code: OwnCode, said: Pick<Problem, 'title' | 'sentence' | 'advice'>): Problem {
  return { code, status: 0, ...said, faults: [], requestId: null, retryAfterSeconds: null }
}

function adviceOf(code: string, status: number): string {
  const known = Object.hasOwn(ADVICE, code) ? ADVICE[code] : undefined
  if (known !== undefined) return known
  if (status === 404 || status === 410) return 'It may have been removed meanwhile.'
  if (status === 401) return 'Sign in with a key of this registry.'
  if (status >= 500) return 'Try again. If it stays, tell an operator the request’s number.'
  return 'Correct it and try again.'
}

async function readDocument(response: Response): Promise<Readonly<Record<string, unknown>>> {
  try {
    const told: unknown = await response.json()
    return typeof told === 'object' && told !== null ? { ...told } : {}
  } catch {
    // A proxy's page, or nothing: the status is all there is.
    return {}
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function faultsOf(value: unknown): readonly Fault[] {
  if (!Array.isArray(value)) return []
  return value.flatMap((one: { pointer?: unknown; message?: unknown } | null) => {
    const [pointer, message] = [textOf(one?.pointer), textOf(one?.message)]
    return message === undefined ? [] : [{ pointer: pointer ?? '', message }]
  })
}

function requestIdOf(instance: unknown): string | null {
  return textOf(instance)?.replace(/^urn:uuid:/, '') ?? null
}

/** @see RFC 9110, section 10.2.3; the date form is not one a registry uses. */
function secondsOf(header: string | null): number | null {
  const seconds = Number(header ?? Number.NaN)
  return Number.isFinite(seconds) && seconds >= 0 ? seconds : null
}
