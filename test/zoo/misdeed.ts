/** What one peer of the zoo does instead of answering well, and what is to come of it. */
import type { Socket } from 'node:net'

/** One request, as it came over the wire. */
export type Question = {
  readonly socket: Socket
  /** Path and query. */
  readonly target: string
  /** By names in lower case. */
  readonly headers: ReadonlyMap<string, string>
  /** The address by which the peer is known. */
  readonly url: string
  /** The address of a server that nobody has reason to contact. */
  readonly canary: string
  /** How many questions came over this connection before. */
  readonly earlier: number
}

export type Misdeed = {
  /** What it does with a connection before anything was asked. */
  readonly greet?: (socket: Socket) => void
  /** What it does with a question for records or changes. */
  readonly answer: (question: Question) => void
  /** Its line in the account of the search. */
  readonly outcome: 'answered' | 'timeout' | 'unreachable' | 'refused' | 'rate-limited' | 'bad-response'
  /** Of records that are taken; 1 where it answers. */
  readonly results?: number
  /** Of records that are not taken; 0 by default. */
  readonly dropped?: number
  /** Whether it says that it has more. */
  readonly hasMore?: boolean
  /** Whether its figures count for nothing; not looked at if not given. */
  readonly isPooled?: boolean
  /** What the person who asked is told. */
  readonly error?: RegExp
}

export type Misdeeds = Readonly<Record<string, Misdeed>>
