/** Misdeeds of HTTP itself: answers that are none, and frames that do not close. */
import { again, buoy, goodPage, goodPageUnder, head, JSON_TYPE, page, pour } from './bytes.ts'
import type { Misdeed, Misdeeds, Question } from './misdeed.ts'

const NOT_HTTP = /not valid HTTP/
const CHUNKED = 'transfer-encoding: chunked'

function saying(text: string, outcome: Misdeed['outcome'], error?: RegExp): Misdeed {
  return { answer: ({ socket }) => socket.end(text), outcome, ...(error && { error }) }
}

/** A good answer in chunks, with something between them and something behind. */
function inChunks(question: Question, { between = '', end = '0\r\n\r\n' } = {}): void {
  const body = goodPage(question)
  const chunks = [body.slice(0, 30), body.slice(30)].map(
    (text) => `${text.length.toString(16)}\r\n${text}\r\n`,
  )
  question.socket.write(head('200 OK', JSON_TYPE, CHUNKED) + chunks.join(between) + end)
}

export const FRAMING: Misdeeds = {
  'an answer without any head': saying('{"agents":[]}', 'bad-response', NOT_HTTP),
  'HTTP/0.9': saying('<html>hello</html>', 'bad-response', NOT_HTTP),
  'a status line of garbage': saying('HTTP/1.1 two hundred\r\n\r\n', 'bad-response', NOT_HTTP),
  'a status of four digits': saying(head('2000 OK', 'content-length: 0'), 'bad-response'),
  'a status of 0': saying(head('000 Nothing', 'content-length: 0'), 'bad-response'),
  'HTTP/3.7': saying('HTTP/3.7 200 OK\r\n\r\n', 'bad-response', NOT_HTTP),
  'the preface of HTTP/2': saying(
    `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0`,
    'bad-response',
    NOT_HTTP,
  ),
  'TLS on a plain port': {
    greet: (socket) => socket.write(Buffer.from('1603010200010001fc0303', 'hex')),
    answer: () => {},
    outcome: 'bad-response',
  },
  'a request in place of an answer': saying(
    'GET /api/v1/agents HTTP/1.1\r\nhost: you\r\n\r\n',
    'bad-response',
  ),
  'a change of protocol nobody asked for': saying(
    head('101 Switching Protocols', 'connection: upgrade', 'upgrade: websocket'),
    'bad-response',
  ),
  'continue, continue, continue': {
    answer: ({ socket }) => pour(socket, 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(100)),
    outcome: 'bad-response',
  },
  'early hints without end': {
    answer: ({ socket }) => pour(socket, head('103 Early Hints', 'link: </a.css>; rel=preload').repeat(100)),
    outcome: 'bad-response',
  },
  'an offer of another protocol': {
    answer: goodPageUnder('connection: Upgrade, Keep-Alive', 'upgrade: h2,h2c'),
    outcome: 'answered',
  },
  'a status of 99': saying(head('099 Nearly', 'content-length: 0'), 'bad-response', NOT_HTTP),
  'early hints, then an answer': {
    answer: (question) => {
      question.socket.write(head('103 Early Hints', 'link: </a.css>; rel=preload'))
      goodPageUnder()(question)
    },
    outcome: 'answered',
  },
  'a header of 20 KB': {
    answer: goodPageUnder(`x-long: ${'a'.repeat(20_000)}`),
    outcome: 'bad-response',
    error: /more than 16 KiB of headers/,
  },
  'headers without end': {
    answer: ({ socket }) => {
      socket.write('HTTP/1.1 200 OK\r\n')
      pour(socket, `x-more: ${'a'.repeat(1_000)}\r\n`)
    },
    outcome: 'bad-response',
    error: /more than 16 KiB of headers/,
  },
  'a thousand headers': {
    answer: goodPageUnder(...Array.from({ length: 1_000 }, (_, place) => `x-${place}: ${place}`)),
    outcome: 'answered',
  },
  'a header with control bytes': { answer: goodPageUnder('x-odd: a\x00b\x07c'), outcome: 'bad-response' },
  'a header without a name': { answer: goodPageUnder(': nothing'), outcome: 'bad-response' },
  'a header that goes on in the next line': {
    answer: goodPageUnder('x-long: one\r\n two'),
    outcome: 'bad-response',
  },
  'two lengths': {
    answer: ({ socket }) =>
      socket.end(`${head('200 OK', JSON_TYPE, 'content-length: 2', 'content-length: 3')}{}`),
    outcome: 'bad-response',
  },
  'a length below zero': saying(`${head('200 OK', JSON_TYPE, 'content-length: -1')}{}`, 'bad-response'),
  'a length beyond counting': saying(
    `${head('200 OK', JSON_TYPE, `content-length: ${'9'.repeat(30)}`)}{}`,
    'bad-response',
  ),
  'a length, and chunks': {
    answer: (question) => {
      const body = goodPage(question)
      const lines = [JSON_TYPE, CHUNKED, `content-length: ${body.length}`]
      question.socket.end(`${head('200 OK', ...lines)}${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`)
    },
    outcome: 'bad-response',
  },
  'a length that is too short': {
    answer: (question) => {
      const body = goodPage(question)
      question.socket.write(head('200 OK', JSON_TYPE, `content-length: ${body.length - 9}`) + body)
    },
    outcome: 'bad-response',
  },
  'a length that is too long': {
    answer: (question) => {
      const body = goodPage(question)
      question.socket.end(head('200 OK', JSON_TYPE, `content-length: ${body.length + 9}`) + body)
    },
    outcome: 'bad-response',
  },
  'no length: the end is where it hangs up': {
    answer: (question) => question.socket.end(head('200 OK', JSON_TYPE) + goodPage(question)),
    outcome: 'answered',
  },
  'HTTP/1.0': {
    answer: (question) => question.socket.end(`HTTP/1.0 200 OK\r\n${JSON_TYPE}\r\n\r\n${goodPage(question)}`),
    outcome: 'answered',
  },
  'chunks that are garbage': saying(`${head('200 OK', JSON_TYPE, CHUNKED)}zz\r\n{}\r\n`, 'bad-response'),
  'a chunk of more bytes than there are': saying(
    `${head('200 OK', JSON_TYPE, CHUNKED)}FFFFFFFFFFFFFFFFFF\r\n{}\r\n`,
    'bad-response',
  ),
  'chunks whose end never comes': {
    answer: (question) => inChunks(question, { end: '' }),
    outcome: 'timeout',
  },
  'chunks cut off before their end': {
    answer: (question) => {
      inChunks(question, { end: '' })
      question.socket.end()
    },
    outcome: 'bad-response',
  },
  'chunks, then headers': {
    answer: (question) => inChunks(question, { end: '0\r\nx-late: yes\r\ncontent-type: text/html\r\n\r\n' }),
    outcome: 'answered',
  },
  'headers without end behind the chunks': {
    answer: (question) => {
      inChunks(question, { end: '0\r\n' })
      pour(question.socket, `x-late: ${'a'.repeat(1_000)}\r\n`)
    },
    outcome: 'bad-response',
  },
  'a chunk extension without end': {
    answer: ({ socket }) => {
      socket.write(`${head('200 OK', JSON_TYPE, CHUNKED)}1;`)
      again(socket, 20, () => socket.write('a'.repeat(1_000)))
    },
    outcome: 'timeout',
  },
  'chunks of one byte, each with an extension': {
    answer: (question) => {
      const chunks = [...page([buoy(question, 'one')])].map(
        (letter) => `1;x=${'y'.repeat(50)}\r\n${letter}\r\n`,
      )
      question.socket.write(`${head('200 OK', JSON_TYPE, CHUNKED)}${chunks.join('')}0\r\n\r\n`)
    },
    outcome: 'answered',
  },
}
