/** How the outcomes and states that the API names are shown: tone, shape and word. */
export type Tone = 'ok' | 'warn' | 'bad' | 'off' | 'wait'

export type Shape =
  | 'disc'
  | 'half'
  | 'quarter'
  | 'cross'
  | 'barred'
  | 'triangle'
  | 'square'
  | 'ring'
  | 'dashed'

export type Look = { readonly tone: Tone; readonly shape: Shape; readonly word: string }

const OUTCOMES: Readonly<Record<string, Look>> = {
  answered: { tone: 'ok', shape: 'disc', word: 'answered' },
  // It says that what was kept of it still holds.
  unchanged: { tone: 'ok', shape: 'disc', word: 'unchanged' },
  stale: { tone: 'warn', shape: 'half', word: 'older copy' },
  timeout: { tone: 'bad', shape: 'quarter', word: 'no answer in time' },
  unreachable: { tone: 'bad', shape: 'cross', word: 'not reachable' },
  refused: { tone: 'bad', shape: 'barred', word: 'refused' },
  'rate-limited': { tone: 'warn', shape: 'triangle', word: 'asked too often' },
  'bad-response': { tone: 'bad', shape: 'triangle', word: 'unusable answer' },
  'called-off': { tone: 'off', shape: 'dashed', word: 'called off' },
  blocked: { tone: 'off', shape: 'square', word: 'blocked' },
  skipped: { tone: 'off', shape: 'ring', word: 'not asked' },
}

/** Of what became of a peer in a search. `undefined` is a peer that is being waited for. */
export function lookOfOutcome(outcome: string | undefined): Look {
  if (outcome === undefined) return { tone: 'wait', shape: 'dashed', word: 'waiting' }
  return OUTCOMES[outcome] ?? { tone: 'off', shape: 'ring', word: outcome }
}

const PEER_STATES: Readonly<Record<string, Look>> = {
  healthy: { tone: 'ok', shape: 'disc', word: 'healthy' },
  degraded: { tone: 'warn', shape: 'half', word: 'degraded' },
  timeout: { tone: 'bad', shape: 'quarter', word: 'no answer in time' },
  unreachable: { tone: 'bad', shape: 'cross', word: 'not reachable' },
  error: { tone: 'bad', shape: 'triangle', word: 'error' },
  unhealthy: { tone: 'bad', shape: 'triangle', word: 'unhealthy' },
  disabled: { tone: 'off', shape: 'ring', word: 'disabled' },
  unknown: { tone: 'off', shape: 'dashed', word: 'not looked at yet' },
}

/** Of a peer's health, and of the federation's as a whole. */
export function lookOfHealth(status: string): Look {
  return PEER_STATES[status] ?? { tone: 'off', shape: 'ring', word: status }
}
