/** Files that the browser cannot read: changed, moved or taken away since they were chosen. */
import type { Problem } from '../../api/problem.ts'

export const UNREADABLE = 'The file could not be read to its end. Choose it again.'

/** The same, where an import stopped by it. */
export function fileUnreadable(): Problem {
  return {
    ...{ code: 'file-unreadable', status: 0, title: 'A file that cannot be read' },
    sentence: 'The file could not be read to its end.',
    advice: 'Choose it again: sending lines twice doubles no record.',
    ...{ faults: [], requestId: null, retryAfterSeconds: null },
  }
}
