/** `peer tls`: which certificates a peer shows, and ours for it. */
import type { Command } from 'commander'
import { findPeerId } from './find-peer.ts'
import { readInput } from './input.ts'
import type { Answer } from './registry-client.ts'
import { connect, type Session } from './session.ts'
import type { Terminal } from './terminal.ts'
import { collect } from './values.ts'

type TlsOptions = {
  readonly require?: boolean
  readonly clientPin?: readonly string[]
  readonly serverPin?: readonly string[]
  readonly serverCa?: string
  readonly clientCertificate?: string
  readonly clientKey?: string
  readonly clear?: boolean
  readonly json?: boolean
}

export function addTlsCommand(
  group: Command,
  session: Session,
  print: (answer: Answer, options: { readonly json?: boolean }) => void,
): void {
  group
    .command('tls')
    .description('say which certificates a peer shows, and which we show to it')
    .argument('<peer>', 'id or name')
    .option('--require', 'take its requests over mutual TLS alone')
    .option('--no-require', 'take them without a client certificate, too')
    .option('--client-pin <pin>', 'a key its client certificate may have; twice for the next one', collect)
    .option('--server-pin <pin>', 'a key its server certificate may have; twice for the next one', collect)
    .option(
      '--server-ca <file>',
      'authorities of its server certificate (PEM), if not those everybody trusts',
    )
    .option('--client-certificate <file>', 'our certificate for it (PEM), with --client-key')
    .option('--client-key <file>', 'its private key (PEM); kept sealed, never shown')
    .option('--clear', 'take back first whatever was said before')
    .option('--json', "print the registry's answer as it is")
    .addHelpText('after', HELP)
    .action(async (peer: string, options: TlsOptions, command: Command) => {
      const json = await readChange(options, session.terminal)
      if (Object.keys(json).length === 0) command.error('error: nothing to change: see --help')
      const client = connect(command, session)
      const path = `/federation/peers/${await findPeerId(client, peer)}`
      print(await client.request('PUT', path, { json }), options)
    })
}

async function readChange(
  options: TlsOptions,
  terminal: Terminal,
): Promise<Readonly<Record<string, unknown>>> {
  const { require, clientPin, serverPin, serverCa, clientCertificate, clientKey, clear } = options
  const read = async (path: string): Promise<string> =>
    Buffer.from(await readInput(path, terminal)).toString()
  return {
    ...(clear && NOTHING_SAID),
    ...(require !== undefined && { require_mtls: require }),
    ...(clientPin !== undefined && { client_pins: clientPin }),
    ...(serverPin !== undefined && { server_pins: serverPin }),
    ...(serverCa !== undefined && { server_ca: await read(serverCa) }),
    ...(clientCertificate !== undefined && { client_certificate: await read(clientCertificate) }),
    ...(clientKey !== undefined && { client_key: await read(clientKey) }),
  }
}

const NOTHING_SAID = {
  ...{ require_mtls: false, client_pins: null, server_pins: null, server_ca: null },
  ...{ client_certificate: null, client_key: null },
} as const

const HELP = `
A pin is the SHA-256 of a public key (SPKI) in base64. Of a certificate it is:
  $ openssl x509 -in client.crt -noout -pubkey | openssl pkey -pubin -outform der \\
      | openssl dgst -sha256 -binary | base64

Examples:
  $ agentvault-registry peer tls "Partner Registry" --require --client-pin 'x7Uh…=' --client-pin 'b9Qk…='
  $ agentvault-registry peer tls "Partner Registry" --client-certificate ours.crt --client-key ours.key
`
