/** The command line: every command, and how a run ends. */
import { Command, CommanderError } from 'commander'
import { cleanText } from '../security/text.ts'
import { readVersion } from '../version.ts'
import { addAgentCommands } from './agent.ts'
import { addAuditCommands } from './audit.ts'
import { addBlockCommands } from './block.ts'
import { addConfigCommand } from './config.ts'
import { describeExitCodes, EXIT, type ExitCode } from './exit-codes.ts'
import { CliFailure } from './failure.ts'
import { addIdentityCommands } from './identity.ts'
import { addKeyCommands } from './key.ts'
import { addMigrateCommand } from './migrate.ts'
import { addPeerCommands } from './peer.ts'
import { addReportCommands } from './report.ts'
import { addSearchCommand } from './search.ts'
import { addSecretsCommands } from './secrets.ts'
import { addServeCommand } from './serve.ts'
import { addConnectionOptions, type Session } from './session.ts'
import type { Terminal } from './terminal.ts'
import { addTokenCommands } from './token.ts'

/**
 * Runs one command line.
 * @param argv without the program's own name.
 * @throws only for faults of this program.
 */
export async function runCli(argv: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.ok
  const session: Session = {
    terminal,
    finish: (code) => {
      exitCode = code
    },
  }
  try {
    await createProgram(session).parseAsync([...argv], { from: 'user' })
    return exitCode
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
    if (!(error instanceof CliFailure)) throw error
    terminal.err(`${cleanText(error.message)}\n`) // it may quote a file or an answer
    return error.exitCode
  }
}

function createProgram(session: Session): Command {
  const { terminal } = session
  const program = new Command('agentvault-registry')
    .description('A registry for AI agents that federates: run one, fill it, search it and all it trusts.')
    .version(readVersion(), '--version') // a short flag would be found in values such as the fingerprint "-V…"
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({
      writeOut: (text) => terminal.out(text),
      writeErr: (text) => terminal.err(text),
      getOutHasColors: () => terminal.hasColor,
      getErrHasColors: () => terminal.hasColor,
    })
    .addHelpText('after', `\n${describeExitCodes()}\n`)
  addConnectionOptions(program)
  addServeCommand(program, session)
  addConfigCommand(program, session)
  addMigrateCommand(program, session)
  addSecretsCommands(program, session)
  addSearchCommand(program, session)
  addAgentCommands(program, session)
  addPeerCommands(program, session)
  addTokenCommands(program, session)
  addKeyCommands(program, session)
  addIdentityCommands(program, session)
  addAuditCommands(program, session)
  addBlockCommands(program, session)
  addReportCommands(program, session)
  return program
}
