/**
 * One request and its answer, read whole within its time and size. Answers are taken as the client's parser gives them:
 * a stream for each would cost a registry that asks fifty others as much as all the rest of asking.
 */
import type { Dispatcher } from 'undici'
import type { OutboundRequest, OutboundResult } from './outbound.ts'
import { inflateCapped, tooLarge } from './outbound-body.ts'
import type { Ceiling } from './outbound-ceiling.ts'
import { BadResponse, failed, failureOf, type OutboundFailure } from './outbound-failure.ts'

const MAX_INTERIM_ANSWERS = 16 // servers send one, or one every few seconds

/** Never rejects. Ends at the ceiling, and when the request's signal fires; both are `timeout`. */
export async function exchange(
  dispatcher: Dispatcher,
  url: URL,
  { request, ceiling }: { readonly request: OutboundRequest; readonly ceiling: Ceiling },
): Promise<OutboundResult> {
  const { signal, maxBodyBytes } = request
  if (signal.aborted) return failed('timeout', 'There was no time left to ask.')
  const reader = new AnswerReader(request)
  const follow = (): void => reader.giveUp('No complete answer came in time.')
  const isOver = (): void => reader.giveUp(`No complete answer came within ${ceiling.ms} ms.`)
  ceiling.begin(isOver)
  signal.addEventListener('abort', follow, { once: true })
  try {
    const answer = await reader.read(dispatcher, url, request)
    if (answer.kind === 'failed') return answer
    const { status, headers } = answer
    const coding = headers['content-encoding']
    const body = coding === undefined ? answer.body : await inflateCapped(answer.body, coding, maxBodyBytes)
    return reader.givenUp ?? { kind: 'response', status, headers, body }
  } catch (error) {
    return reader.givenUp ?? failureOf(error, true)
  } finally {
    ceiling.end(isOver)
    signal.removeEventListener('abort', follow)
  }
}

type Answer = {
  readonly kind: 'answer'
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** As sent. */
  readonly body: Buffer
}

type Asked = Pick<OutboundRequest, 'method' | 'maxBodyBytes' | 'onBodyBytes'>

/** What is thrown in here ends the request, and comes back to `onResponseError`. */
class AnswerReader implements Dispatcher.DispatchHandler {
  readonly #maxBodyBytes: number
  readonly #onBodyBytes: OutboundRequest['onBodyBytes']
  readonly #isHead: boolean
  readonly #end = Promise.withResolvers<Answer | OutboundFailure>()
  readonly #parts: Buffer[] = []
  #controller: Dispatcher.DispatchController | null = null
  #bodyBytes = 0
  #interim = 0
  /** 0 until the answer begins. */
  #status = 0
  #headers: Readonly<Record<string, string>> = {}
  /** Why nobody waits any longer. */
  givenUp: OutboundFailure | null = null

  constructor({ method, maxBodyBytes, onBodyBytes }: Asked) {
    this.#isHead = method === 'HEAD'
    this.#maxBodyBytes = maxBodyBytes
    this.#onBodyBytes = onBodyBytes
  }

  read(
    dispatcher: Dispatcher,
    { pathname, search }: URL,
    { method, headers, body }: OutboundRequest,
  ): Promise<Answer | OutboundFailure> {
    const path = pathname + search
    dispatcher.dispatch({ path, method, headers, body: body ?? null }, this)
    return this.#end.promise
  }

  giveUp(why: string): void {
    this.givenUp ??= failed('timeout', why)
    this.#end.resolve(this.givenUp)
    this.#controller?.abort(new Error(why))
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // It waited for a connection longer than anybody for its answer.
    if (this.givenUp !== null) controller.abort(new Error(this.givenUp.detail))
    else this.#controller = controller
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): void {
    if (status < 200) {
      this.#countInterim()
      return
    }
    this.#status = status
    refuseRedirect(status)
    this.#headers = joinRepeated(headers)
    const announced = this.#isHead ? 0 : Number(this.#headers['content-length'] ?? 0)
    if (announced > this.#maxBodyBytes) throw tooLarge(this.#maxBodyBytes)
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bodyBytes += chunk.length
    this.#onBodyBytes?.(chunk.length)
    if (this.#bodyBytes > this.#maxBodyBytes) throw tooLarge(this.#maxBodyBytes)
    this.#parts.push(chunk)
  }

  onResponseEnd(): void {
    const body = Buffer.concat(this.#parts, this.#bodyBytes)
    this.#end.resolve({ kind: 'answer', status: this.#status, headers: this.#headers, body })
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    this.#end.resolve(failureOf(error, this.#status > 0))
  }

  /** Their bytes are no part of a body, and no other limit meets them. */
  #countInterim(): void {
    this.#interim += 1
    if (this.#interim > MAX_INTERIM_ANSWERS)
      throw new BadResponse('It answered that it will answer, over and over.')
  }
}

/** 304 answers a conditional request; every other 3xx asks to go elsewhere, where nothing was checked. */
function refuseRedirect(status: number): void {
  if (status < 300 || status > 399 || status === 304) return
  throw new BadResponse(
    `It answered ${status}, a redirect to another address, and redirects are not followed.`,
  )
}

function joinRepeated(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string> {
  const joined: Record<string, string> = Object.create(null)
  for (const name of Object.keys(headers)) {
    const value = headers[name]
    if (value !== undefined) joined[name] = typeof value === 'string' ? value : value.join(', ')
  }
  return joined
}
