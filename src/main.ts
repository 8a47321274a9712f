/**
 * The bin: reads the command line, runs the command it names and exits with the command's code.
 * Commands are in `cli/`, listed in `cli/program.ts`.
 */
import { runCli } from './cli/program.ts'
import { processTerminal } from './cli/terminal.ts'
import { readEnvironment } from './config.ts'

// `agentvault-registry agent list | head` closes the pipe early; that is no failure.
process.stdout.on('error', (error) => {
  if ('code' in error && error.code === 'EPIPE') process.exit()
  throw error
})

process.exitCode = await runCli(process.argv.slice(2), processTerminal(readEnvironment()))

// Whatever is still open, such as standard input or a socket, keeps no finished command alive.
const LINGER_MS = 500
setTimeout(() => process.exit(), LINGER_MS).unref()
