/** `key suspend` and `key resume`. */
import type { Command } from 'commander'
import { printSentence } from './print.ts'
import { textOf } from './read-answer.ts'
import { connect, type Session } from './session.ts'

type SuspendOptions = { readonly reason: string; readonly hideAgents?: boolean }

export function addSuspensionCommands(group: Command, session: Session): void {
  group
    .command('suspend')
    .description('keep a key from opening anything until it is resumed; its agents stay as they are')
    .argument('<id>', 'the id of the key')
    .requiredOption('--reason <text>', 'why, for the operators')
    .option('--hide-agents', "suspend all keys of its owner and hide the owner's agents, too")
    .addHelpText(
      'after',
      '\nExamples:\n  $ agentvault-registry key suspend 0199… --reason "Leaked on a forum"\n',
    )
    .action(async (id: string, { reason, hideAgents }: SuspendOptions, command: Command) => {
      const json = { reason, hide_agents: hideAgents }
      const path = `/keys/${encodeURIComponent(id)}/suspend`
      const { value } = await connect(command, session).request('POST', path, { json })
      printSentence(
        `Suspended. Keys: ${textOf(value, 'keys')}; agents hidden: ${textOf(value, 'hidden_agents')}.`,
        session.terminal,
      )
    })
  group
    .command('resume')
    .description('end the suspension of a key')
    .argument('<id>', 'the id of the key')
    .addHelpText('after', '\nExamples:\n  $ agentvault-registry key resume 0199…\n')
    .action(async (id: string, _options: unknown, command: Command) => {
      const { value } = await connect(command, session).request(
        'POST',
        `/keys/${encodeURIComponent(id)}/resume`,
      )
      printSentence(
        `Resumed. Keys: ${textOf(value, 'keys')}; agents shown: ${textOf(value, 'shown_agents')}.`,
        session.terminal,
      )
    })
}
