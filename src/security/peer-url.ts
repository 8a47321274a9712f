/** The one spelling of a registry's address, so that a peer cannot be enrolled twice under two spellings. */

/** A normalised address, or a sentence that says what is wrong with the given one. */
export type RegistryUrl =
  | { readonly ok: true; readonly url: string; readonly origin: string; readonly scheme: 'https' | 'http' }
  | { readonly ok: false; readonly problem: string }

const MAX_URL_CHARS = 500 // what the database's column takes

/**
 * Normalises a registry's address: lower-case punycode host without trailing dot, no default port, query,
 * fragment or trailing slash; a path is kept. User names and passwords are refused, not dropped: whoever wrote
 * one expects it to be used. `http` passes with its `scheme`; only callers know whether it is allowed.
 */
export function normalizeRegistryUrl(input: string): RegistryUrl {
  const text = input.trim()
  if (text === '') return problem('A registry address is needed, such as https://registry.example.')
  if (text.length > MAX_URL_CHARS) return tooLong()
  // The URL parser would silently remove tabs and line breaks and turn backslashes into slashes.
  if (/[\s\\\x00-\x1f\x7f]/.test(text)) {
    return problem('A registry address holds no spaces, control characters or backslashes.')
  }
  if (!/^https?:\/\//i.test(text)) return problem('A registry address starts with https://.')
  const url = URL.parse(text)
  if (url === null) return problem('This is not a valid address; write one such as https://registry.example.')
  if (url.username !== '' || url.password !== '') {
    return problem('A registry address holds no user name or password; give the key separately.')
  }
  if (url.port === '0') return problem('Port 0 cannot be reached; leave the port out or give the real one.')
  if (!dropTrailingDot(url) || url.hostname.length > 253)
    return problem('The host name in this address is not valid.')
  const path = url.pathname.replace(/\/+$/, '')
  const scheme = url.protocol === 'https:' ? 'https' : 'http'
  // Again: letters beyond ASCII have grown.
  if (url.origin.length + path.length > MAX_URL_CHARS) return tooLong()
  return { ok: true, url: url.origin + path, origin: url.origin, scheme }
}

/** `registry.example.` is the same host as `registry.example`; an empty label elsewhere is no host. */
function dropTrailingDot(url: URL): boolean {
  if (url.hostname.startsWith('[')) return true
  const hostname = url.hostname.replace(/\.$/, '')
  if (hostname.split('.').includes('')) return false
  url.hostname = hostname
  return url.hostname === hostname
}

function tooLong(): RegistryUrl {
  return problem(`A registry address has at most ${MAX_URL_CHARS} characters.`)
}

function problem(sentence: string): RegistryUrl {
  return { ok: false, problem: sentence }
}
