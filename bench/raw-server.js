/**
 * What Node alone needs: an http server that answers the bytes it is given, and nothing else.
 * Plain JavaScript, so that no type is stripped at its start: `node bench/raw-server.js <port> [<file>]`, the file
 * being JSON, an object of paths and bodies.
 */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'

const [port, file] = process.argv.slice(2)
const bodies = file === undefined ? {} : JSON.parse(readFileSync(file, 'utf8'))

createServer((request, response) => {
  const body = bodies[request.url] ?? 'ok'
  response.setHeader('content-type', 'application/json; charset=utf-8')
  response.setHeader('content-length', Buffer.byteLength(body))
  response.end(body)
}).listen(Number(port), '127.0.0.1')
