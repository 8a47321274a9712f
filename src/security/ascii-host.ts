/** Hosts as they are looked up: a name in letters that look like others' shows as `xn--…`, which looks like nothing. */

/**
 * The same http or https URL with its host in ASCII (punycode), and the rest as it was written.
 *
 * @param url one that a URL parser accepts, without user information.
 * @see RFC 3492, UTS #46
 */
export function withAsciiHost(url: string): string {
  return url.replace(AUTHORITY, (authority) => (ASCII.test(authority) ? authority : new URL(url).host))
}

const AUTHORITY = /(?<=^https?:\/\/)[^/?#]+/i
const ASCII = /^[\x00-\x7f]*$/
