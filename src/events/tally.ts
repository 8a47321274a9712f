/**
 * One series of a counter that is added to far more often than it is read. The library looks a series up by all its
 * labels at each addition; a tally adds by itself and tells the library when the figures are asked for.
 */
import type { Counter } from 'prom-client'

export class Tally {
  readonly #series: Counter.Internal
  #untold = 0
  #told = 0

  constructor(series: Counter.Internal) {
    this.#series = series
  }

  /** All that was ever added. */
  get total(): number {
    return this.#told + this.#untold
  }

  add(count = 1): void {
    this.#untold += count
  }

  tell(): void {
    if (this.#untold === 0) return
    this.#series.inc(this.#untold)
    this.#told += this.#untold
    this.#untold = 0
  }
}
