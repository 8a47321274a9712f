/** Callers who ask at a steady pace, whatever the answers take. */
import { setTimeout as sleep } from 'node:timers/promises'

/** Makes `turns` calls, `perSecond` of them each second; what they gave, in their order. */
export async function pace<T>(
  turns: number,
  perSecond: number,
  call: (turn: number) => Promise<T>,
): Promise<T[]> {
  const started = performance.now()
  const running: Promise<T>[] = []
  for (let turn = 0; turn < turns; turn += 1) {
    const waitMs = started + (turn * 1_000) / perSecond - performance.now()
    if (waitMs > 0) await sleep(waitMs)
    running.push(call(turn))
  }
  return Promise.all(running)
}
