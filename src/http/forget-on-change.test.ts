import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HttpDeps } from './deps.ts'
import { forgetOnChange } from './forget-on-change.ts'

function start() {
  const happened: string[] = []
  const doing = (name: string) => async () => {
    happened.push(name)
    return name
  }
  const failing = async () => {
    throw new Error('half done')
  }
  const deps = {
    storage: {
      agents: { find: doing('find'), create: doing('create'), replace: failing, learntLater: doing('later') },
      peers: { list: doing('list'), update: doing('update'), recordHealth: doing('health') },
      moderation: { listWithheld: doing('withheld'), takeDown: doing('take-down') },
      blocks: { list: doing('blocks'), create: doing('block') },
    },
    forgetPeer: () => void happened.push('peer forgotten'),
  } as unknown as HttpDeps
  const forgetting = forgetOnChange(deps, () => happened.push('forget'))
  return { happened, ...forgetting }
}

/** The stores as a caller who may call anything sees them. */
type Loose = Readonly<Record<string, (...given: readonly unknown[]) => Promise<unknown>>>

test('a change is forgotten about before its maker learns that it is done, and gives what it gave', async () => {
  const { storage, happened } = start()
  const agents = storage.agents as unknown as Loose
  assert.equal(await agents.create?.(), 'create')
  assert.deepEqual(happened, ['create', 'forget'])
})

test('reading, and noting how a peer fares, forgets nothing; what a store learns later does', async () => {
  const { storage, happened } = start()
  const stores = [storage.agents, storage.peers, storage.blocks]
  const [agents, peers, blocks] = stores.map((store) => store as unknown as Loose)
  await agents?.find?.()
  await peers?.list?.()
  await peers?.recordHealth?.()
  await blocks?.list?.()
  assert.deepEqual(happened, ['find', 'list', 'health', 'blocks'])
  await agents?.learntLater?.()
  await peers?.update?.()
  await blocks?.create?.()
  assert.deepEqual(happened.slice(4), ['later', 'forget', 'update', 'forget', 'block', 'forget'])
})

test('a change that failed may have been made', async () => {
  const { storage, happened } = start()
  await assert.rejects((storage.agents as unknown as Loose).replace?.() ?? Promise.resolve(), /half done/)
  assert.deepEqual(happened, ['forget'])
})

test('where a peer’s answers are forgotten, what was made of them goes too', () => {
  const { forgetPeer, happened } = start()
  forgetPeer('p' as never)
  assert.deepEqual(happened, ['peer forgotten', 'forget'])
})
