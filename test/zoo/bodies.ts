/** Misdeeds of the body: too much of it, compressed into a bomb, or no page of records. */
import { brotliCompressSync, constants, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { answering, buoy, goodPage, head, JSON_TYPE, page, pour, respond } from './bytes.ts'
import type { Misdeed, Misdeeds } from './misdeed.ts'

const TOO_LARGE = /larger than \d+ bytes/
const NOT_JSON = /not usable JSON/
const NO_LIST = /no list `agents`/
const DAMAGED = /damaged or cut short/
const UNKNOWN_CODING = /compressed in a way we do not read/

/** 64 MiB of blanks, in 64 KB. */
const BLANKS = Buffer.alloc(64 * 1024 * 1024, ' ')
const bomb = lazily(() => gzipSync(BLANKS, { level: 1 }))
const brotliBomb = lazily(() =>
  brotliCompressSync(BLANKS, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }),
)

const deflateBomb = lazily(() => deflateSync(BLANKS, { level: 1 }))
const rawBomb = lazily(() => deflateRawSync(BLANKS, { level: 1 }))
/** A page with one record, all of it but its name of 16 MiB in order. */
const nameBomb = lazily(() =>
  gzipSync(`{"agents":[{"id":"one","name":"${'Buoy '.repeat(3_400_000)}"}]}`, { level: 1 }),
)

function lazily<T>(make: () => T): () => T {
  let made: T | undefined
  return () => (made ??= make())
}

/** A body of JSON that is no page. */
function json(body: string | Uint8Array, error: RegExp = NOT_JSON): Misdeed {
  return { answer: answering('200 OK', [JSON_TYPE], body), outcome: 'bad-response', error }
}

/** A body that is not what its coding says. */
function coded(coding: string, body: () => string | Uint8Array, error: RegExp): Misdeed {
  return {
    answer: ({ socket }) => respond(socket, body(), { lines: [JSON_TYPE, `content-encoding: ${coding}`] }),
    outcome: 'bad-response',
    error,
  }
}

/** A page made of one good record, by whatever means. */
function odd(write: (good: string) => string | Uint8Array, more: Partial<Misdeed> = {}): Misdeed {
  return {
    answer: (question) => respond(question.socket, write(goodPage(question))),
    outcome: 'answered',
    ...more,
  }
}

export const BODIES: Misdeeds = {
  'a gigabyte, announced': {
    answer: ({ socket }) => socket.write(`${head('200 OK', JSON_TYPE, 'content-length: 1073741824')}{`),
    outcome: 'bad-response',
    error: TOO_LARGE,
  },
  'a body without end': {
    answer: ({ socket }) => {
      socket.write(head('200 OK', JSON_TYPE))
      pour(socket, ' '.repeat(16_000))
    },
    outcome: 'bad-response',
    error: TOO_LARGE,
  },
  'chunks without end': {
    answer: ({ socket }) => {
      socket.write(head('200 OK', JSON_TYPE, 'transfer-encoding: chunked'))
      pour(socket, `3e80\r\n${' '.repeat(16_000)}\r\n`)
    },
    outcome: 'bad-response',
    error: TOO_LARGE,
  },
  'an error page without end': {
    answer: ({ socket }) => {
      socket.write(head('500 Internal Server Error', JSON_TYPE))
      pour(socket, ' '.repeat(16_000))
    },
    outcome: 'bad-response',
  },
  'a gzip bomb': coded('gzip', bomb, TOO_LARGE),
  'a brotli bomb': coded('br', brotliBomb, TOO_LARGE),
  'a deflate bomb': coded('deflate', deflateBomb, TOO_LARGE),
  'a bomb of bare deflate': coded('deflate', rawBomb, TOO_LARGE),
  'a bomb in one name': coded('gzip', nameBomb, TOO_LARGE),
  'plain text called gzip': coded('gzip', () => '{"agents":[]}', DAMAGED),
  'half a gzip': coded('gzip', () => gzipSync('{"agents":[]}').subarray(0, 20), DAMAGED),
  'gzip called brotli': coded('br', () => gzipSync('{"agents":[]}'), DAMAGED),
  'gzip in gzip': coded('gzip, gzip', () => gzipSync(gzipSync('{"agents":[]}')), UNKNOWN_CODING),
  'a coding of its own': coded('rot13', () => '{"agents":[]}', UNKNOWN_CODING),
  'gzip nobody asked for': {
    answer: (question) =>
      respond(question.socket, gzipSync(goodPage(question)), {
        lines: [JSON_TYPE, 'content-encoding: gzip'],
      }),
    outcome: 'answered',
  },
  'gzip with something behind it': {
    answer: (question) => {
      const body = Buffer.concat([gzipSync(goodPage(question)), Buffer.from('and more')])
      respond(question.socket, body, { lines: [JSON_TYPE, 'content-encoding: gzip'] })
    },
    outcome: 'bad-response',
    error: DAMAGED,
  },
  'a page for people': {
    answer: answering('200 OK', ['content-type: text/html'], '<!doctype html><title>Parked</title>'),
    outcome: 'bad-response',
    error: /content type is another/,
  },
  'JSON called HTML': {
    answer: answering('200 OK', ['content-type: text/html'], '{"agents":[]}'),
    outcome: 'bad-response',
    error: /content type is another/,
  },
  'HTML called JSON': json('<!doctype html><title>Parked</title>'),
  'no content type': {
    answer: answering('200 OK', [], '{"agents":[]}'),
    outcome: 'bad-response',
    error: /content type is another/,
  },
  nothing: json(''),
  blanks: json(' '.repeat(100_000)),
  'an array': json('[]', NO_LIST),
  null: json('null', NO_LIST),
  'a text': json('"agents"', NO_LIST),
  'another shape': json('{"servers":[],"metadata":{}}', NO_LIST),
  'a list that is an object': json('{"agents":{"0":{}}}', NO_LIST),
  'half a page': odd((good) => good.slice(0, -20), { outcome: 'bad-response', error: NOT_JSON }),
  'two pages': odd((good) => good + good, { outcome: 'bad-response', error: NOT_JSON }),
  'brackets, ten thousand deep': json(`{"agents":${'['.repeat(10_000)}${']'.repeat(10_000)}}`),
  'a record ten thousand deep': json(`{"agents":[{"id":${'['.repeat(10_000)}${']'.repeat(10_000)}}]}`),
  'four million brackets': json('['.repeat(4_000_000)),
  'two million empty records': json(`{"agents":[${'{},'.repeat(1_300_000)}{}]}`, /records are not usable/),
  'NaN for a number': odd((good) => good.replace('"tags":[]', '"tags":[NaN]'), {
    outcome: 'bad-response',
    error: NOT_JSON,
  }),
  'a comma too many': odd((good) => good.replace('}]', '},]'), { outcome: 'bad-response', error: NOT_JSON }),
  'a comment': odd((good) => `/* hello */${good}`, { outcome: 'bad-response', error: NOT_JSON }),
  'bytes that are no UTF-8': odd((good) => Buffer.from(good.replace('Buoy', 'Buoy \xe9\xff'), 'latin1'), {
    outcome: 'bad-response',
    error: NOT_JSON,
  }),
  'UTF-16': odd((good) => Buffer.from(`\ufeff${good}`, 'utf16le'), {
    outcome: 'bad-response',
    error: NOT_JSON,
  }),
  'a byte order mark': odd((good) => `\ufeff${good}`),
  'half of a character': odd((good) => good.replace('Buoy one', 'Buoy \\ud800 one')),
  'NUL in every text': odd((good) =>
    good.replace('Buoy one', 'Buoy\\u0000 one').replace('"description":""', '"description":"a\\u0000b"'),
  ),
  'the list twice, once empty': odd((good) => good.replace('{', '{"agents":[],')),
  'a member twice': odd((good) => good.replace('"name":', '"name":"Buoy two","name":')),
  'keys that reach for prototypes': odd((good) =>
    good.replace('{', '{"__proto__":{"agents":[],"isAdmin":true},"constructor":{"prototype":{"x":1}},'),
  ),
  'a record with keys that reach for prototypes': odd((good) =>
    good.replace('[{', '[{"__proto__":{"visibility":"public","registry_url":"x"},'),
  ),
  'a cursor ten times too long': {
    answer: (question) =>
      respond(question.socket, page([buoy(question, 'one')], { next_cursor: 'a'.repeat(50_000) })),
    outcome: 'answered',
    hasMore: true,
  },
}
