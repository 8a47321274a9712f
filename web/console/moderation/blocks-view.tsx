/** What is never shown here, whoever lists it. */
import type { VNode } from 'preact'
import { useLoaded } from '../../api/use-loaded.ts'
import { Button } from '../../design/button.tsx'
import { countOf } from '../../design/figures.ts'
import { PeerText } from '../../design/peer-text.tsx'
import { Section } from '../../design/section.tsx'
import { type Column, Table } from '../../design/table.tsx'
import { Time } from '../../design/time.tsx'
import { EmptyList } from '../lists/list-states.tsx'
import { Pager, pageOf, usePages } from '../lists/pager.tsx'
import { useAsk } from '../parts/ask.tsx'
import { Head } from '../parts/head.tsx'
import { ProblemNote } from '../parts/problem-note.tsx'
import { Shown } from '../parts/shown.tsx'
import { useAct } from '../parts/use-act.ts'
import { useApi } from '../session.tsx'
import { AddBlock } from './add-block.tsx'
import type { Block } from './reports.ts'

export function BlocksView(): VNode {
  const api = useApi()
  const loaded = useLoaded((signal) => api.call<{ blocks: Block[] }>('GET', 'blocks', { signal }), {
    key: 'blocks',
  })
  return (
    <>
      <Head title="Blocks">
        What is blocked is not shown here, whoever lists it: in no search, no look-up and to no peer. A
        blocked registry is not asked.
      </Head>
      <AddBlock onDone={loaded.refresh} />
      <Section title="What is blocked">
        <Shown loaded={loaded} what="The blocks">
          {({ blocks }) => <BlockList blocks={blocks} onDone={loaded.refresh} />}
        </Shown>
      </Section>
    </>
  )
}

function BlockList({
  blocks,
  onDone,
}: {
  readonly blocks: readonly Block[]
  readonly onDone: () => void
}): VNode {
  const api = useApi()
  const ask = useAsk()
  const pages = usePages('blocks')
  const { isBusy, problem, run } = useAct()
  if (blocks.length === 0) {
    return (
      <EmptyList isFiltered={false} path="blocks" title="Nothing is blocked">
        <p>An agent, a registry or an address that you block above is listed here.</p>
      </EmptyList>
    )
  }
  const lift = async ({ id, pattern, hidden_agents: hidden }: Block): Promise<void> => {
    const effect = `“${pattern}” is shown here again, with ${countOf(hidden, 'record')} of this registry, unless another block matches.`
    if (!(await ask({ title: 'Lift this block?', effect, act: 'Lift the block' }))) return
    const answer = await run(() => api.call('DELETE', `blocks/${encodeURIComponent(id)}`))
    if (answer !== undefined) onDone()
  }
  const { rows, next } = pageOf(blocks, pages)
  const acts: Column<Block> = {
    head: 'Acts',
    cell: (block) => (
      <Button
        disabled={isBusy}
        onClick={() => void lift(block)}
        aria-label={`Lift the block of ${block.pattern}`}
      >
        Lift…
      </Button>
    ),
  }
  return (
    <>
      {problem !== null && <ProblemNote problem={problem} />}
      <Table
        caption={countOf(blocks.length, 'block')}
        columns={[...COLUMNS, acts]}
        rows={rows}
        keyOf={({ id }) => id}
      />
      <Pager pages={pages} next={next} label="Pages of blocks" />
    </>
  )
}

const COLUMNS: readonly Column<Block>[] = [
  { head: 'Pattern', isName: true, cell: ({ pattern }) => <code>{pattern}</code> },
  { head: 'Kind', cell: ({ kind }) => <span class="word">{kind}</span> },
  { head: 'Hides of ours', isNumeric: true, cell: ({ hidden_agents }) => hidden_agents },
  { head: 'Reason', cell: ({ reason }) => (reason === null ? '–' : <PeerText text={reason} lines={2} />) },
  {
    head: 'Made',
    cell: ({ created_at, created_by }) => (
      <>
        <Time at={created_at} /> by <code>{created_by}</code>
      </>
    ),
  },
]
