/** The setting that says where records are kept; its address may hold a password. */
import { bad, good, type Kind, type Parsed, plain } from './kinds.ts'
import { maskUrl, showRefusedUrl } from './masked-url.ts'
import { showRefused } from './mistakes.ts'

const DATABASE_FORMS = 'sqlite:<path>, sqlite::memory:, or postgres://user:password@host:port/database'

export function databaseUrl(): Kind<string> {
  return {
    ...plain({
      takes: DATABASE_FORMS,
      parse: parseDatabaseUrl,
      show: (text) => (text.startsWith('sqlite:') ? text : maskUrl(text)),
    }),
    showRefused: (text) => (text.startsWith('sqlite:') ? showRefused(text) : showRefusedUrl(text)),
  }
}

function parseDatabaseUrl(text: string): Parsed<string> {
  const file = /^sqlite:(.*)$/s.exec(text)?.[1]
  if (file !== undefined) {
    if (file === '' || file.startsWith('//') || /[\x00-\x1f]/.test(file)) return bad('names no file')
    return good(text)
  }
  if (!/^postgres(ql)?:\/\//.test(text)) return bad('is not a database this version knows')
  const url = URL.parse(text)
  // A raw `/`, `?`, `#` or `@` in a password ends the address early: the rest would be taken for a database name.
  if (url === null || url.hash !== '' || `${url.pathname}${url.search}`.includes('@')) {
    return bad('is not a valid address; in the password, write / ? # and @ as %2F %3F %23 and %40')
  }
  return good(text)
}
