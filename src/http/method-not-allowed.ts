/** Tells an address that does not exist from one that knows other methods. */
import { ProblemError } from '../problem.ts'

export type RoutePattern = { readonly method: string; readonly url: string }

/** @returns the problem for a request that no route took: 405 with `Allow`, or 404. */
export function noRoute(method: string, path: string, routes: readonly RoutePattern[]): ProblemError {
  const allowed = [
    ...new Set(routes.filter(({ url }) => matches(url, path)).map((route) => route.method)),
  ].sort()
  if (allowed.length === 0) return new ProblemError('not-found', 'Nothing is at this address.')
  const allow = allowed.join(', ')
  return new ProblemError('method-not-allowed', `This address knows ${allow}, not ${method}.`, {
    headers: { allow },
  })
}

function matches(pattern: string, path: string): boolean {
  if (pattern.endsWith('/*')) return path.startsWith(pattern.slice(0, -1))
  const expected = pattern.split('/')
  const given = path.split('/')
  return (
    expected.length === given.length &&
    expected.every((segment, index) =>
      segment.startsWith(':') ? given[index] !== '' : segment === given[index],
    )
  )
}
