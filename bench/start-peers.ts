/** Peers of every temper, in a process of their own. */
import { type ChildProcess, spawn } from 'node:child_process'
import type { Temper, Tempers } from './fault-peers.ts'

export type Peers = {
  /** Tells how often each was asked what. */
  readonly counter: string
  readonly peers: readonly { readonly temper: Temper; readonly url: string }[]
}

/** Starts so many of each temper. */
export function startPeers(stack: AsyncDisposableStack, tempers: Tempers): Promise<Peers> {
  const child: ChildProcess = spawn(process.execPath, ['bench/fault-peers.ts', JSON.stringify(tempers)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  stack.defer(() => void child.kill('SIGTERM'))
  return new Promise((resolve, reject) => {
    let printed = ''
    child.once('exit', (code) => reject(new Error(`the peers ended with ${code}`)))
    child.stdout?.on('data', (chunk: Buffer) => {
      printed += chunk.toString()
      if (printed.includes('\n')) resolve(JSON.parse(printed) as Peers)
    })
  })
}
