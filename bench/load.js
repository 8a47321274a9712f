/**
 * Asks one question over and over on open connections, each waiting for its answer, and says how many were answered:
 * `node bench/load.js <JSON>` with `port`, `path`, `headers`, `connections` and `seconds`; prints JSON.
 *
 * A loop over bare sockets: an HTTP client would need more of the machine than the servers it measures. Answers must
 * be 200 and have a Content-Length.
 */
import { connect } from 'node:net'

const { port, path, headers, connections, seconds } = JSON.parse(process.argv[2])
const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
const question = Buffer.from(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n${lines.join('')}\r\n`)

let answered = 0
let isOver = false

function fail(reason) {
  console.error(reason)
  process.exit(1)
}

function ask() {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  let missing = 0
  socket.on('connect', () => socket.write(question))
  socket.on('error', (error) => fail(error.message))
  socket.on('close', () => isOver || fail('the server closed a connection'))
  socket.on('data', (chunk) => {
    if (missing === 0) missing = sizeOf(chunk)
    missing -= chunk.length
    if (missing > 0) return
    if (missing < 0) fail('an answer is longer than it says')
    answered += 1
    if (!isOver) socket.write(question)
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
  process.exit()
}, seconds * 1_000)
