/** Misdeeds of status and header: refusals, redirects, and tags that nobody gave. */
import { answering, goodPage, goodPageUnder, JSON_TYPE, respond } from './bytes.ts'
import type { Misdeed, Misdeeds } from './misdeed.ts'

function refusing(status: string, outcome: Misdeed['outcome'], ...lines: readonly string[]): Misdeed {
  const body = JSON.stringify({ detail: 'Not today.' })
  return { answer: answering(status, ['content-type: application/problem+json', ...lines], body), outcome }
}

/** Goes elsewhere, to where nobody may be contacted. */
function redirecting(status: string): Misdeed {
  return {
    answer: ({ socket, canary, target }) => {
      const lines = [`location: ${canary}${target}`, `refresh: 0; url=${canary}`, 'content-length: 0']
      respond(socket, '', { status, lines: lines.slice(0, 2) })
    },
    outcome: 'bad-response',
    error: /redirects are not followed/,
  }
}

export const STATUSES: Misdeeds = {
  '300, elsewhere': redirecting('300 Multiple Choices'),
  '301, elsewhere': redirecting('301 Moved Permanently'),
  '302, elsewhere': redirecting('302 Found'),
  '303, elsewhere': redirecting('303 See Other'),
  '307, elsewhere': redirecting('307 Temporary Redirect'),
  '308, elsewhere': redirecting('308 Permanent Redirect'),
  '305, by way of a proxy': redirecting('305 Use Proxy'),
  'an answer that points elsewhere': {
    answer: (question) => {
      const { canary } = question
      goodPageUnder(
        ...[`location: ${canary}/a`, `content-location: ${canary}/b`, `refresh: 0; url=${canary}/c`],
        ...[`link: <${canary}/d>; rel="next"`, `alt-svc: h2="${canary.slice(7)}"; ma=9`],
      )(question)
    },
    outcome: 'answered',
  },
  'cookies to bring back': { answer: goodPageUnder('set-cookie: you=tracked'), outcome: 'answered' },
  'a 401': refusing('401 Unauthorized', 'refused', 'www-authenticate: Basic'),
  'a 403': refusing('403 Forbidden', 'refused'),
  'a 404': refusing('404 Not Found', 'bad-response'),
  'a 407': refusing('407 Proxy Authentication Required', 'bad-response', 'proxy-authenticate: Basic'),
  'a 408': refusing('408 Request Timeout', 'bad-response', 'connection: close'),
  'a 409': refusing('409 Conflict', 'refused'),
  'a 418': refusing("418 I'm a teapot", 'bad-response'),
  'a 421': refusing('421 Misdirected Request', 'bad-response'),
  '429 without a time': refusing('429 Too Many Requests', 'rate-limited'),
  '429 until the end of days': refusing('429 Too Many Requests', 'rate-limited', 'retry-after: 999999999'),
  '429 for longer than numbers go': refusing(
    ...(['429 Too Many Requests', 'rate-limited'] as const),
    `retry-after: ${'9'.repeat(400)}`,
  ),
  '429 until a while ago': refusing('429 Too Many Requests', 'rate-limited', 'retry-after: -100'),
  '429 until some day': refusing('429 Too Many Requests', 'rate-limited', 'retry-after: Someday, 99 Foo'),
  '429 until the year 9999': refusing(
    ...(['429 Too Many Requests', 'rate-limited'] as const),
    'retry-after: Fri, 31 Dec 9999 23:59:59 GMT',
  ),
  'a 500': refusing('500 Internal Server Error', 'bad-response'),
  'a 503': refusing('503 Service Unavailable', 'bad-response'),
  '503 with garbage for a time': refusing('503 Service Unavailable', 'bad-response', 'retry-after: soon'),
  'a 599': refusing('599 Whatever', 'bad-response'),
  'a 204': {
    answer: ({ socket }) => socket.write('HTTP/1.1 204 No Content\r\n\r\n'),
    outcome: 'bad-response',
  },
  'a 206': {
    answer: (question) => {
      const lines = [JSON_TYPE, 'content-range: bytes 0-9/*']
      respond(question.socket, goodPage(question), { status: '206 Partial Content', lines })
    },
    outcome: 'bad-response',
  },
  'nothing new, to who has nothing': {
    answer: ({ socket }) => socket.write('HTTP/1.1 304 Not Modified\r\netag: "a"\r\n\r\n'),
    outcome: 'bad-response',
    error: /answered 304/,
  },
  'a tag that is none': { answer: goodPageUnder('etag: "one" "two"'), outcome: 'answered' },
  'a tag of 5 KB': { answer: goodPageUnder(`etag: "${'a'.repeat(5_000)}"`), outcome: 'answered' },
  'a hundred tags': {
    answer: goodPageUnder(...Array.from({ length: 100 }, (_, place) => `etag: "${place}"`)),
    outcome: 'answered',
  },
}
