import assert from 'node:assert/strict'
import { test } from 'node:test'
import fastify from 'fastify'
import { ACCESS } from './access.ts'
import { collectRoutes } from './collect-routes.ts'

const answer = () => 'here'

test('a route that the access table does not have cannot be registered', () => {
  const app = fastify()
  collectRoutes(app)
  assert.throws(
    () => app.get('/api/v1/secrets', answer),
    /No entry in the access table for GET \/api\/v1\/secrets/,
  )
  assert.throws(() => app.put('/api/v1/me', answer), /No entry in the access table for PUT \/api\/v1\/me/)
})

test('a server without one of the routes of the table does not start; with all of them it does', async () => {
  const [whole, lacking] = [fastify(), fastify()]
  const routes = collectRoutes(whole)
  collectRoutes(lacking)
  for (const key of Object.keys(ACCESS)) {
    const [method = '', url = ''] = key.split(' ')
    whole.route({ method, url, handler: answer })
    if (key !== 'GET /api/v1/me') lacking.route({ method, url, handler: answer })
  }
  await whole.ready()
  const seen = new Set(routes.map(({ method, url }) => `${method} ${url}`))
  assert.ok(Object.keys(ACCESS).every((key) => seen.has(key)))
  await assert.rejects(async () => lacking.ready(), /entries without a route: GET \/api\/v1\/me\./)
})
