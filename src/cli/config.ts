/** `config`: the settings a start would use. */
import type { Command } from 'commander'
import { describeMistakes, type LoadedConfig, loadConfig, renderConfig } from '../config.ts'
import { EXIT } from './exit-codes.ts'
import { CliFailure } from './failure.ts'
import type { Session } from './session.ts'
import type { Terminal } from './terminal.ts'

export type ConfigOptions = { readonly config?: string }

export function addConfigCommand(program: Command, { terminal }: Session): void {
  program
    .command('config')
    .description('print the settings in effect and where each comes from, secrets masked; starts nothing')
    .option('--config <file>', 'read settings from this YAML file, too; the environment wins')
    .addHelpText('after', '\nExamples:\n  $ agentvault-registry config --config registry.yaml\n')
    .action((options: ConfigOptions) => {
      const loaded = loadSettings(options, terminal)
      for (const warning of loaded.warnings) terminal.err(`Warning: ${warning}\n`)
      terminal.out(renderConfig(loaded))
    })
}

/**
 * The settings for a command that runs here.
 * @throws CliFailure with every mistake on a line of its own.
 */
export function loadSettings({ config: filePath }: ConfigOptions, terminal: Terminal): LoadedConfig {
  const outcome = loadConfig({ env: terminal.env, ...(filePath !== undefined && { filePath }) })
  if (!outcome.ok) throw new CliFailure(EXIT.configuration, describeMistakes(outcome.mistakes))
  return outcome
}
