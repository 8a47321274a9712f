/** A problem where it happened: what, what to do, and trying again. */
import type { VNode } from 'preact'
import type { Problem } from '../../api/problem.ts'
import { ErrorState } from '../../design/states.tsx'

/** An act that the registry refused, for the dialogs that tell it by an error's message. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError'
  readonly problem: Problem

  constructor(problem: Problem) {
    super([problem.sentence, ...problem.faults.map(({ message }) => message), problem.advice].join(' '))
    this.problem = problem
  }
}

export function ProblemNote({
  problem,
  retry,
}: {
  readonly problem: Problem
  readonly retry?: () => void
}): VNode {
  const { title, sentence, advice, faults, requestId } = problem
  return (
    <ErrorState title={title} sentence={sentence} {...(retry !== undefined && { onRetry: retry })}>
      {faults.length > 0 && (
        <ul class="small">
          {faults.map(({ pointer, message }) => (
            <li key={`${pointer} ${message}`}>
              {pointer !== '' && <code>{pointer}</code>} <bdi>{message}</bdi>
            </li>
          ))}
        </ul>
      )}
      <p>{advice}</p>
      {requestId !== null && (
        <p class="small quiet">
          Request <code>{requestId}</code>
        </p>
      )}
    </ErrorState>
  )
}

/** What is wrong with one field of a form, by its JSON pointer. */
export function faultAt(problem: Problem | null, pointer: string): string | undefined {
  return problem?.faults.find((fault) => fault.pointer === pointer)?.message
}
