/** The setting that says where replicas share what they share; its address may hold a password. */
import { bad, good, type Kind, type Parsed, plain } from './kinds.ts'
import { maskUrl, showRefusedUrl } from './masked-url.ts'

/** @see https://www.iana.org/assignments/uri-schemes/prov/redis */
export function redisUrl(): Kind<string> {
  return {
    ...plain({
      takes: 'redis://user:password@host:port/database, or rediss:// for TLS',
      parse: parseRedisUrl,
      show: maskUrl,
    }),
    showRefused: showRefusedUrl,
  }
}

function parseRedisUrl(text: string): Parsed<string> {
  if (!/^rediss?:\/\//.test(text)) return bad('is not an address of Redis')
  const url = URL.parse(text)
  if (url === null || url.hostname === '' || !isEncoded(url.username) || !isEncoded(url.password)) {
    return bad('is not a valid address; in the password, write / ? # % and @ as %2F %3F %23 %25 and %40')
  }
  if (url.search !== '' || url.hash !== '') return bad('has a query or a fragment, which say nothing here')
  return /^(\/\d{0,9})?$/.test(url.pathname) ? good(text) : bad('names a database that is not a number')
}

function isEncoded(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}
