/** A registry's refusal (RFC 9457) in words for the person at the terminal. */
import { cleanLine } from '../security/text.ts'
import { listOf, textOf } from './read-answer.ts'

const INDENT = '  '
const MOST_FAULTS = 20 // a screenful; the rest is counted

/** `undefined` when the body is no problem document: then no registry wrote it. */
export function renderProblem(body: unknown): string | undefined {
  const [title, detail] = [cleanLine(textOf(body, 'title')), cleanLine(textOf(body, 'detail'))]
  if (title === '') return undefined
  const faults = listOf(body, 'errors')
  const requestId = cleanLine(textOf(body, 'instance'))
  const more = faults.length - MOST_FAULTS
  return [
    detail === '' || detail === title ? title : `${title}: ${detail}`,
    ...faults.slice(0, MOST_FAULTS).map(renderFault),
    ...(more > 0 ? [`${INDENT}and ${more} more`] : []),
    ...(requestId === '' ? [] : [`${INDENT}request ${requestId}`]),
  ].join('\n')
}

function renderFault(fault: unknown): string {
  const pointer = cleanLine(textOf(fault, 'pointer'))
  const message = cleanLine(textOf(fault, 'message'))
  return `${INDENT}${pointer === '' ? 'the body' : pointer}: ${message}`
}
