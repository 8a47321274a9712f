/**
 * How long a peer's answers take, so that it is waited for as long as it usually needs and no longer.
 *
 * A histogram of 64 buckets on a logarithmic scale, in which the past fades with a half-life of five minutes. It needs
 * no timer and some 300 bytes a peer.
 */

const BUCKETS = 64
const SHORTEST_MS = 1
const LONGEST_MS = 60_000
/** Each bucket reaches 19 % further than the one before: half of that is the most a quantile is wrong by. */
const STEP = Math.log(LONGEST_MS / SHORTEST_MS) / (BUCKETS - 1)

const HALF_LIFE_MS = 300_000
const FADE_EVERY_MS = 5_000
/** What is left of the past after a silence. Of less, the next few answers would say alone what the slowest are like. */
const LEAST_LEFT = 1

export class LatencyHistogram {
  readonly #counts = new Float32Array(BUCKETS)
  #total = 0
  #samples = 0
  #samplesInARow = 0
  #fadedAt: number

  /** @param now of a clock that never jumps, in ms; so are all times below. */
  constructor(now: number) {
    this.#fadedAt = now
  }

  /** How many answers were ever recorded. */
  get samples(): number {
    return this.#samples
  }

  /**
   * How many answers were recorded without a silence, longer than the half-life, after which those before weigh less
   * than one.
   */
  get samplesInARow(): number {
    return this.#samplesInARow
  }

  record(durationMs: number, now: number): void {
    this.#fade(now)
    const bucket = bucketOf(durationMs)
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1
    this.#total += 1
    this.#samples += 1
    this.#samplesInARow += 1
  }

  /** The time within which this share of the answers came, rounded up to its bucket; 0 without any. */
  quantile(share: number): number {
    if (this.#total === 0) return 0
    let below = 0
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
      below += this.#counts[bucket] ?? 0
      if (below >= share * this.#total) return upperEdgeOf(bucket)
    }
    return LONGEST_MS
  }

  #fade(now: number): void {
    const elapsedMs = now - this.#fadedAt
    if (elapsedMs < FADE_EVERY_MS) return
    const factor = 0.5 ** (elapsedMs / HALF_LIFE_MS)
    this.#total = 0
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
      const count = (this.#counts[bucket] ?? 0) * factor
      this.#counts[bucket] = count
      this.#total += count
    }
    this.#fadedAt = now
    if (elapsedMs > HALF_LIFE_MS && this.#total < LEAST_LEFT) this.#samplesInARow = 0
  }
}

function bucketOf(durationMs: number): number {
  if (durationMs <= SHORTEST_MS) return 0
  return Math.min(BUCKETS - 1, Math.ceil(Math.log(durationMs / SHORTEST_MS) / STEP))
}

function upperEdgeOf(bucket: number): number {
  return SHORTEST_MS * Math.exp(bucket * STEP)
}
