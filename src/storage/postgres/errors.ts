/** PostgreSQL's failures as a `StorageError`: translated once, where they come in. */
import { StorageError } from '../../domain/storage-error.ts'

/** Whether the driver gave up waiting for the server's answer. */
export function isAnswerTimeout(error: unknown): boolean {
  return error instanceof Error && error.message === 'Query read timeout'
}

/** For `promise.catch`: throws the translated error. */
export function rethrow(error: unknown): never {
  throw translateError(error)
}

/** Codes of the system for a server that is away. */
const CONNECTION_FAULTS: readonly string[] = [
  ...['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT'],
  ...['ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL'],
]

/** @see https://www.postgresql.org/docs/15/errcodes-appendix.html */
function translateError(error: unknown): unknown {
  const code = (error as { code?: unknown }).code
  if (typeof code !== 'string') {
    const message = error instanceof Error ? error.message : ''
    return /timeout|terminated|ended|not queryable/i.test(message)
      ? new StorageError('unavailable', 'PostgreSQL does not answer.', { cause: error })
      : error
  }
  if (code === '53100') {
    return new StorageError('not-writable', "The database server's disk is full.", { cause: error })
  }
  if (code === '25006')
    return new StorageError('not-writable', 'The database is read-only.', { cause: error })
  if (code === '28P01' || code === '28000' || code === '3D000') {
    return new StorageError(
      'unavailable',
      'PostgreSQL refused the connection: check the user, password and database in DATABASE_URL.',
      { cause: error },
    )
  }
  const isConnectionFault = /^(08|57|53)/.test(code) || CONNECTION_FAULTS.includes(code)
  return isConnectionFault
    ? new StorageError('unavailable', 'PostgreSQL does not answer.', { cause: error })
    : error
}
