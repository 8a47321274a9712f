/** Misdeeds of the connection: silence, slowness, and ends that come too soon. */
import { again, buoy, goodPage, head, JSON_TYPE, page, respond } from './bytes.ts'
import type { Misdeeds, Question } from './misdeed.ts'

const CLOSED = /closed before an answer came/
const LOST = /lost in the middle/

/** Begins an answer that is longer than what comes of it. */
function begin(question: Question, ...lines: readonly string[]): void {
  question.socket.write(head('200 OK', JSON_TYPE, ...lines) + goodPage(question).slice(0, 40))
}

export const CONNECTIONS: Misdeeds = {
  'accepts and never answers': { answer: () => {}, outcome: 'timeout' },
  'a head and then silence': {
    answer: ({ socket }) => socket.write(head('200 OK', JSON_TYPE, 'content-length: 500')),
    outcome: 'timeout',
  },
  'half a head and then silence': {
    answer: ({ socket }) => socket.write('HTTP/1.1 200 OK\r\ncontent-ty'),
    outcome: 'timeout',
  },
  'a head of one byte a second': {
    answer: ({ socket }) => {
      socket.write('HTTP/1.1 200 OK\r\nx-slow: ')
      again(socket, 1_000, () => socket.write('a'))
    },
    outcome: 'timeout',
  },
  'a body of one byte a second': {
    answer: ({ socket }) => {
      socket.write(head('200 OK', JSON_TYPE, 'content-length: 5000'))
      again(socket, 1_000, () => socket.write(' '))
    },
    outcome: 'timeout',
  },
  'a chunk of one byte a second': {
    answer: ({ socket }) => {
      socket.write(head('200 OK', JSON_TYPE, 'transfer-encoding: chunked'))
      again(socket, 1_000, () => socket.write('1\r\n \r\n'))
    },
    outcome: 'timeout',
  },
  'less than it announced, and then silence': {
    answer: (question) => begin(question, 'content-length: 100000'),
    outcome: 'timeout',
  },
  'a reset on accept': {
    greet: (socket) => socket.resetAndDestroy(),
    answer: () => {},
    outcome: 'unreachable',
    error: CLOSED,
  },
  'a farewell on accept': {
    greet: (socket) => socket.end(),
    answer: () => {},
    outcome: 'unreachable',
    error: CLOSED,
  },
  'a reset on being asked': {
    answer: ({ socket }) => socket.resetAndDestroy(),
    outcome: 'unreachable',
    error: CLOSED,
  },
  'a farewell on being asked': {
    answer: ({ socket }) => socket.end(),
    outcome: 'unreachable',
    error: CLOSED,
  },
  'a farewell in the head': {
    answer: ({ socket }) => socket.end('HTTP/1.1 200 OK\r\ncontent-type: applic'),
    outcome: 'unreachable',
    error: CLOSED,
  },
  'a farewell in the body': {
    answer: (question) => {
      begin(question, 'content-length: 5000')
      question.socket.end()
    },
    outcome: 'bad-response',
  },
  'a reset in the body': {
    answer: (question) => {
      begin(question, 'content-length: 5000')
      setTimeout(() => question.socket.resetAndDestroy(), 20) // a reset takes what was not read yet with it
    },
    outcome: 'bad-response',
    error: LOST,
  },
  'speaks before it is asked': {
    greet: (socket) => respond(socket, '{"agents":[]}'),
    // What lies there when the question is sent cannot be told from its answer.
    answer: ({ socket }) => socket.end(),
    outcome: 'answered',
    results: 0,
  },
  'a door that closes after each answer, though it says that it stays open': {
    answer: (question) => {
      const body = goodPage(question)
      const lines = [JSON_TYPE, 'connection: keep-alive', 'keep-alive: timeout=600']
      question.socket.end(head('200 OK', ...lines, `content-length: ${body.length}`) + body)
    },
    outcome: 'answered',
  },
  'a door that is slammed after each answer': {
    answer: (question) => {
      respond(question.socket, goodPage(question))
      setTimeout(() => question.socket.resetAndDestroy(), 20)
    },
    outcome: 'answered',
  },
  'two answers to one question': {
    answer: (question) => {
      const poison = page([buoy(question, 'poison')])
      const good = goodPage(question)
      const lines = [JSON_TYPE, 'connection: keep-alive']
      const both = [good, poison].map(
        (body) => head('200 OK', ...lines, `content-length: ${body.length}`) + body,
      )
      question.socket.write(both.join(''))
    },
    outcome: 'answered',
  },
  // One that waits for the next question cannot be told from its answer: nothing in HTTP/1.1 says what is answered.
  'more than it announced': {
    answer: (question) => {
      const poison = page([buoy(question, 'poison')])
      const body = goodPage(question)
      question.socket.write(head('200 OK', JSON_TYPE, `content-length: ${body.length}`) + body + poison)
    },
    outcome: 'answered',
  },
}
