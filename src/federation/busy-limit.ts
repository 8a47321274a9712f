/**
 * How many federated searches are worked on at one time. With more than can be answered in time all are late, and those
 * who gave up meanwhile have been worked for; so the next is refused, and told when to come again.
 */
import { ProblemError } from '../problem.ts'

/** @throws ProblemError `overloaded` while as many are under way as may be. */
export type BusyLimit = <T>(work: () => Promise<T>) => Promise<T>

/** Three seconds of work where searches take the processor for six milliseconds each. */
const MOST_UNDER_WAY = 500
const RETRY_AFTER_SECONDS = 2

export function createBusyLimit(most: number = MOST_UNDER_WAY): BusyLimit {
  let underWay = 0
  return async (work) => {
    if (underWay >= most) {
      const detail = `${most} searches of the federation are under way here, more than can be answered in time.`
      throw new ProblemError('overloaded', detail, {
        headers: { 'retry-after': String(RETRY_AFTER_SECONDS) },
      })
    }
    underWay += 1
    try {
      return await work()
    } finally {
      underWay -= 1
    }
  }
}
