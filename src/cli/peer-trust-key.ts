/** `peer trust-key`: taking a key that a peer shows, by its fingerprint. */
import type { Command } from 'commander'
import { EXIT } from './exit-codes.ts'
import { CliFailure } from './failure.ts'
import { findPeerId } from './find-peer.ts'
import { memberOf, textOf } from './read-answer.ts'
import type { Answer, RegistryClient } from './registry-client.ts'
import { connect, type Session } from './session.ts'

type Options = { readonly json?: boolean; readonly pin?: boolean; readonly fingerprint: string }

/** @param print shows the changed peer. */
export function addTrustKeyCommand(
  group: Command,
  session: Session,
  print: (answer: Answer, options: Options) => void,
): void {
  group
    .command('trust-key')
    .description('know a peer by a key that it shows')
    .argument('<peer>', 'id or name')
    // An option, since a fingerprint may begin with a hyphen.
    .requiredOption('--fingerprint <fingerprint>', 'of the key, as its operator told you')
    .option('--pin', 'sign requests to it by key from now on, and take nothing weaker of it')
    .option('--json', "print the registry's answer as it is")
    .addHelpText('after', HELP)
    .action(async (peer: string, options: Options, command: Command) => {
      const client = connect(command, session)
      const path = `/federation/peers/${await findPeerId(client, peer)}`
      const public_key = await findKey(client, path, options.fingerprint)
      const json = { public_key, ...(options.pin && { signature_scheme: 'rfc9421-ed25519' }) }
      print(await client.request('PUT', path, { json }), options)
    })
}

const HELP = `
"peer check" looks which key a peer shows; "identity show" at the peer prints its fingerprint. Have its operator tell you
that over another way than the one the key came by. A key that the known one has announced lets both count until the
peer ends the old one; any other replaces it at once.

Examples:
  $ agentvault-registry peer check "Partner Registry"
  $ agentvault-registry peer trust-key "Partner Registry" --pin \\
      --fingerprint kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k
`

/** The key of this fingerprint, if the peer is known by it or shows it. */
async function findKey(client: RegistryClient, path: string, fingerprint: string): Promise<string> {
  const { value } = await client.request('GET', path)
  const offered = memberOf(value, 'offered_key')
  if (textOf(offered, 'thumbprint') === fingerprint) return textOf(offered, 'public_key')
  if (textOf(value, 'key_thumbprint') === fingerprint) return textOf(value, 'public_key')
  const shown = textOf(offered, 'thumbprint')
  throw new CliFailure(
    EXIT.failed,
    shown === ''
      ? 'The peer was not seen to show a new key: look with "peer check" first.'
      : `The peer shows the key ${shown}, not this one: somebody may be answering in its place. Ask its operator.`,
  )
}
