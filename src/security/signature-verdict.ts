/** What comes of checking a signature, whatever scheme it is of. */

/** `detail` is a sentence for the peer's operator and holds no secret. */
export type SignatureVerdict =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: SignatureFault; readonly detail: string }

/** Why a signature was refused; a closed set, fit for metric labels. */
export type SignatureFault =
  | 'missing'
  | 'malformed'
  | 'expired'
  | 'from-the-future'
  | 'mismatch'
  | 'too-weak'
  | 'unknown-key'
  | 'replayed'

/** By what a signature's time is judged. */
export type SignatureClock = {
  /** Unix seconds. */
  readonly now: number
  /** Oldest signature accepted. */
  readonly maxAgeSeconds: number
}

/** Clocks may disagree a little; more than this ahead would lengthen a signature's life. */
export const MAX_SKEW_SECONDS = 30

/** Why a signature of this time (Unix seconds) is refused; undefined when it is not. */
export function outsideWindow(
  signedAt: number,
  { now, maxAgeSeconds }: SignatureClock,
): SignatureVerdict | undefined {
  const ours = Math.floor(now)
  const age = ours - signedAt
  const clocks = `signed at ${signedAt}, our clock says ${ours}`
  if (age > maxAgeSeconds) {
    return refuse(
      'expired',
      `The signature is ${age} s old, at most ${maxAgeSeconds} s are accepted (${clocks}).`,
    )
  }
  if (age < -MAX_SKEW_SECONDS) {
    return refuse(
      'from-the-future',
      `The signature is dated ${-age} s ahead, at most ${MAX_SKEW_SECONDS} s are accepted (${clocks}); compare both clocks.`,
    )
  }
  return undefined
}

export function refuse(reason: SignatureFault, detail: string): SignatureVerdict & { readonly ok: false } {
  return { ok: false, reason, detail }
}
