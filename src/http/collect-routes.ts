/** Keeps the server from starting when its routes and the access table differ. */
import type { FastifyInstance } from 'fastify'
import { ACCESS, findAccess } from './access.ts'
import type { RoutePattern } from './method-not-allowed.ts'
import { securityOf } from './openapi.ts'

/**
 * Remembers every route that is registered after this.
 * @throws from the registration of a route that the table does not have, and from `ready` when the table has one more.
 */
export function collectRoutes(app: Pick<FastifyInstance, 'addHook'>): readonly RoutePattern[] {
  const routes: RoutePattern[] = []
  app.addHook('onRoute', ({ method, url, schema }) => {
    for (const one of [method].flat()) {
      const access = findAccess(one, url)
      if (access === undefined) throw new Error(`No entry in the access table for ${one} ${url}.`)
      if (schema !== undefined) schema.security = securityOf(access)
      routes.push({ method: one, url })
    }
  })
  app.addHook('onReady', async () => {
    const known = new Set(routes.map(({ method, url }) => `${method} ${url}`))
    const idle = Object.keys(ACCESS).filter((key) => !known.has(key))
    if (idle.length > 0) throw new Error(`The access table has entries without a route: ${idle.join(', ')}.`)
  })
  return routes
}
