/**
 * Servers that know nothing and send the bytes they are given, to compare a registry with:
 * `node bench/bytes-server.js raw|fastify|fastify-parse <port> <file>`, the file being JSON, `headers` and `body`.
 * `fastify-parse` parses the body and writes it again for every request, as a server without prepared bytes must.
 * Plain JavaScript, so that no type is stripped at its start.
 */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import fastify from 'fastify'

const [kind, port, file] = process.argv.slice(2)
const { headers, body } = JSON.parse(readFileSync(file, 'utf8'))
const bytes = Buffer.from(body)
const flat = Object.entries(headers).flat()

if (kind === 'raw') {
  createServer((request, response) => {
    response.writeHead(200, request.url === '/livez' ? {} : flat)
    response.end(request.url === '/livez' ? 'ok' : bytes)
  }).listen(Number(port), '127.0.0.1')
} else {
  const app = fastify()
  app.get('/livez', async () => 'ok')
  app.get('/*', (_request, reply) => {
    reply.headers(headers).send(kind === 'fastify' ? bytes : JSON.stringify(JSON.parse(body)))
  })
  await app.listen({ port: Number(port), host: '127.0.0.1' })
}
