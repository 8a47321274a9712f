/** Addresses of services, shown without the passwords in them. */

/** The address with its password, and query members that look like secrets, masked. */
export function maskUrl(text: string): string {
  const url = URL.parse(text)
  if (url === null) return text
  if (url.password !== '') url.password = '***'
  for (const name of new Set(url.searchParams.keys())) {
    if (/pass|secret|token|key/i.test(name)) url.searchParams.set(name, '***')
  }
  return url.href
}

/** What may be shown of an address that was refused: a password may stand anywhere in one that cannot be taken apart. */
export function showRefusedUrl(text: string): string {
  return `${/^[a-z][a-z0-9+.-]{0,20}:\/\//i.exec(text)?.[0] ?? ''}…`
}
