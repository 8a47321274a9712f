/** Every refusal and failure as `application/problem+json`. @see RFC 9457 */
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { v7 as uuidv7 } from 'uuid'
import { SecretBoxError } from '../domain/secrets.ts'
import { StorageError } from '../domain/storage-error.ts'
import { assertNever, ERRORS_PATH, type Fault, PROBLEMS, ProblemError } from '../problem.ts'
import { maskLikelySecrets } from '../security/redact.ts'
import type { HttpEvents } from './http-events.ts'
import { sendSentencePage } from './sentence-page.ts'

export const PROBLEM_TYPE = 'application/problem+json'

/** A problem on the wire. */
export type WireProblem = {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly instance: string
  readonly code: string
  readonly errors?: readonly { readonly pointer: string; readonly message: string }[]
}

/** @param registryUrl our public URL: each code is explained there. */
export function problemToWire(
  problem: ProblemError,
  { requestId, registryUrl }: { readonly requestId: string; readonly registryUrl: string },
): WireProblem {
  return {
    type: `${registryUrl}${ERRORS_PATH}#${problem.code}`,
    title: PROBLEMS[problem.code].title,
    status: problem.status,
    detail: maskLikelySecrets(problem.message),
    instance: `urn:uuid:${requestId}`,
    code: problem.code,
    ...(problem.errors.length > 0 && { errors: problem.errors.map(maskFault) }),
    ...problem.members,
  }
}

/** What was sent is told again, and that may be a key in the wrong place. */
export function maskFault({ pointer, message }: Fault): Fault {
  return { pointer: maskLikelySecrets(pointer), message: maskLikelySecrets(message) }
}

/** The one handler of errors. What is not known as a refusal is logged, and nothing of it is told. */
export function answerError(
  error: unknown,
  {
    request,
    reply,
    events,
    registryUrl,
  }: { request: FastifyRequest; reply: FastifyReply; events: HttpEvents; registryUrl: string },
): FastifyReply {
  const problem = problemOf(error)
  if (problem.status === 500 || problem.code === 'storage-unavailable' || problem.code === 'storage-full') {
    events.requestFailed(error, request.id)
  }
  // The rest of a body that came too slowly is not waited for.
  if (problem.code === 'request-timeout') reply.header('connection', 'close')
  reply.headers(problem.headers)
  // Not every request that fails has come to a route.
  if (request.routeOptions?.config?.isPage === true) {
    const { title } = PROBLEMS[problem.code]
    return sendSentencePage(reply, {
      status: problem.status,
      title,
      sentence: maskLikelySecrets(problem.message),
    })
  }
  return reply
    .code(problem.status)
    .type(PROBLEM_TYPE)
    .send(problemToWire(problem, { requestId: request.id, registryUrl }))
}

/** What an error means for the one who asked. */
export function problemOf(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error
  if (error instanceof StorageError) return problemOfStorage(error)
  if (error instanceof SecretBoxError) return unreadableSecret(error)
  if (isFastifyError(error)) return problemOfFramework(error)
  return internalProblem(error)
}

function problemOfStorage(error: StorageError): ProblemError {
  switch (error.fault) {
    case 'unavailable':
    case 'in-use':
      return new ProblemError('storage-unavailable', 'The database does not answer just now.', {
        headers: { 'retry-after': '5' },
        cause: error,
      })
    case 'not-writable':
      return new ProblemError('storage-full', 'The database cannot be written to: nothing was stored.', {
        cause: error,
      })
    case 'unusable':
      return internalProblem(error)
    default:
      return assertNever(error.fault)
  }
}

/** Errors of the framework come with codes of its own; those of the caller's making are told in our words. */
function problemOfFramework(error: FastifyError): ProblemError {
  switch (error.code) {
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new ProblemError('unsupported-media-type', 'The Content-Type header is not a media type.')
    case 'FST_ERR_BAD_URL':
      return malformed('The address holds a percent sign that begins no character.')
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return new ProblemError('not-found', 'Nothing has an identifier as long as the one in this address.')
    default:
      return internalProblem(error)
  }
}

function unreadableSecret(cause: SecretBoxError): ProblemError {
  const detail = 'A secret that is kept here for this peer can no longer be read; its operator must renew it.'
  return new ProblemError('secret-unreadable', detail, { cause })
}

function malformed(detail: string): ProblemError {
  return new ProblemError('malformed-request', detail)
}

function internalProblem(cause: unknown): ProblemError {
  return new ProblemError('internal', 'The registry failed at this request. Its log has the cause.', {
    cause,
  })
}

function isFastifyError(error: unknown): error is FastifyError {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    error.code.startsWith('FST_')
  )
}

/**
 * Answers what never became a request: broken HTTP, headers too large or too slow. The connection ends.
 */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket, registryUrl: string): void {
  if (error.code === 'ECONNRESET' || !socket.writable || socket.destroyed) {
    socket.destroy()
    return
  }
  const problem = problemOfClientError(error.code)
  const body = JSON.stringify(problemToWire(problem, { requestId: uuidv7(), registryUrl }))
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}`,
    `Content-Type: ${PROBLEM_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    'X-Content-Type-Options: nosniff',
    'Connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}

function problemOfClientError(code: string | undefined): ProblemError {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new ProblemError('headers-too-large', 'The request headers are larger than 16 KiB.')
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new ProblemError('request-timeout', 'The request headers did not arrive in time.')
    default:
      return malformed('This is not a valid HTTP/1.1 request.')
  }
}
