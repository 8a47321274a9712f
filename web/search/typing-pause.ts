/** How long a pause between keys begins a search. */

/** Quick typists are asked for once a word, and nobody sees it. */
const SHORTEST_MS = 120

/**
 * Slow typists would use up in half a minute what somebody without a key may ask: the less is left, the longer the pause
 * that counts as one. Enter never waits.
 *
 * @param left of the allowance, from 0 to 1.
 */
export function typingPauseMs(left: number): number {
  if (left > 0.5) return SHORTEST_MS
  return left > 0.2 ? 500 : 1_500
}
