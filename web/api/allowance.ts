/**
 * How many requests the registry still lets this page make, as its answers say
 * (draft-ietf-httpapi-ratelimit-headers: `RateLimit-Policy: "…";q=60;w=60` and `RateLimit: "…";r=52;t=30`).
 */

export interface Allowance {
  /** Takes in what an answer says of it. */
  note(headers: Headers, now: number): void
  /** How much of it is left, from 0 to 1; 1 where nothing is known. */
  left(now: number): number
}

/** Below this share of it the pages ask less often: other tabs and programs use the same key. */
const PLENTY = 0.5
const LITTLE = 0.2

/**
 * How long a page waits before it asks again by itself: the less is left, the longer, so that what somebody does is
 * never refused for what pages did alone.
 *
 * @param everyMs where there is plenty.
 * @param left of the allowance, from 0 to 1.
 */
export function askingPauseMs(everyMs: number, left: number): number {
  if (left > PLENTY) return everyMs
  return everyMs * (left > LITTLE ? 3 : 12)
}

export function createAllowance(): Allowance {
  let known: { readonly share: number; readonly until: number } | null = null
  return {
    note(headers, now) {
      const quota = parameterOf(headers.get('ratelimit-policy'), 'q')
      const remaining = parameterOf(headers.get('ratelimit'), 'r')
      const seconds = parameterOf(headers.get('ratelimit'), 't')
      if (quota === null || remaining === null || seconds === null || quota === 0) return
      known = { share: Math.min(1, remaining / quota), until: now + seconds * 1000 }
    },
    left: (now) => (known === null || now >= known.until ? 1 : known.share),
  }
}

function parameterOf(header: string | null, name: string): number | null {
  const digits = new RegExp(`;\\s*${name}=(\\d+)`).exec(header ?? '')?.[1]
  return digits === undefined ? null : Number(digits)
}
