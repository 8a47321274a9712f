/**
 * Asks one question over and over on open connections, each waiting for its answer, and says how many were answered:
 * `node bench/load.js <JSON>` with `port`, `path`, `headers`, `connections`, `seconds` and `addresses`; prints JSON. With
 * addresses, each request says to come from the next of so many (`X-Forwarded-For`).
 *
 * A loop over bare sockets: an HTTP client would need more of the machine than the servers it measures. Answers must
 * be 200 and have a Content-Length.
 */
import { connect } from 'node:net'

const { port, path, headers, connections, seconds, addresses } = JSON.parse(process.argv[2])
const questions = Array.from({ length: Math.max(1, addresses) }, (_, place) => {
  const from = `10.0.${place >> 8}.${place & 255}`
  const all = addresses > 0 ? { ...headers, 'x-forwarded-for': from } : headers
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.from(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n${lines.join('')}\r\n`)
})
// Each run goes on with others, as the limits on addresses remember those of the run before.
let next = Math.floor(Math.random() * questions.length)

let answered = 0
let isOver = false
const sockets = []

function fail(reason) {
  console.error(reason)
  process.exit(1)
}

function ask() {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  sockets.push(socket)
  let missing = 0
  const send = () => socket.write(questions[next++ % questions.length])
  socket.on('connect', send)
  socket.on('error', (error) => fail(error.message))
  socket.on('close', () => isOver || fail('the server closed a connection'))
  socket.on('data', (chunk) => {
    if (missing === 0) missing = sizeOf(chunk)
    missing -= chunk.length
    if (missing > 0) return
    if (missing < 0) fail('an answer is longer than it says')
    answered += 1
    if (!isOver) send()
  })
}

/** Of head and body, as the head says; the head is in the first chunk. */
function sizeOf(chunk) {
  const end = chunk.indexOf('\r\n\r\n')
  const head = chunk.latin1Slice(0, end)
  if (!head.startsWith('HTTP/1.1 200')) fail(`answered ${head}`)
  return end + 4 + Number(/content-length: (\d+)/i.exec(head)[1])
}

for (let index = 0; index < connections; index += 1) ask()
const started = performance.now()
setTimeout(() => {
  isOver = true
  const elapsedMs = performance.now() - started
  console.log(JSON.stringify({ answered, elapsedMs }))
  // No `process.exit()`: it waits for V8's threads, which may wait for this one, once in some hundred runs.
  for (const socket of sockets) socket.destroy()
}, seconds * 1_000)
