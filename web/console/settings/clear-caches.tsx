/** Forgetting what is kept of peers' answers and records: of one peer, or of all. */
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import type { Problem } from '../../api/problem.ts'
import { useLoaded } from '../../api/use-loaded.ts'
import { Button } from '../../design/button.tsx'
import { PeerName } from '../../design/peer-text.tsx'
import { Section } from '../../design/section.tsx'
import { EmptyState } from '../../design/states.tsx'
import { type Column, Table } from '../../design/table.tsx'
import { countOf } from '../lists/count-of.ts'
import { Pager, pageOf, usePages } from '../lists/pager.tsx'
import { useAsk } from '../parts/ask.tsx'
import { Shown } from '../parts/shown.tsx'
import { useApi } from '../session.tsx'

type PeerRef = { readonly id: string; readonly name: string }
/** What came of clearing each peer's copies. */
type Cleared = ReadonlyMap<string, { readonly purged: number } | { readonly problem: Problem }>

export function ClearCaches(): VNode {
  const api = useApi()
  const loaded = useLoaded(
    (signal) => api.call<{ peers: PeerRef[] }>('GET', 'federation/peers', { signal }),
    {
      key: 'peers',
    },
  )
  return (
    <Section title="Copies of peers’ answers">
      <Shown loaded={loaded} what="The peers">
        {({ peers }) => (peers.length === 0 ? <NoPeers /> : <PeerCaches peers={peers} />)}
      </Shown>
    </Section>
  )
}

function NoPeers(): VNode {
  return (
    <EmptyState title="No peers, no copies">
      <p>Answers of peers are kept for a while to be quick and to answer when a peer is down.</p>
    </EmptyState>
  )
}

function PeerCaches({ peers }: { readonly peers: readonly PeerRef[] }): VNode {
  const api = useApi()
  const ask = useAsk()
  const pages = usePages('caches')
  const [cleared, setCleared] = useState<Cleared>(new Map())
  const [isBusy, setBusy] = useState(false)
  const clear = async (chosen: readonly PeerRef[], whose: string): Promise<void> => {
    const effect = `All that is kept of the answers and records of ${whose} is forgotten, on every replica. The next searches ask anew and take longer; while a peer is down, nothing is shown of it.`
    if (!(await ask({ title: 'Forget these copies?', effect, act: 'Forget them', isDangerous: true }))) return
    setBusy(true)
    for (const { id } of chosen) {
      const path = `federation/peers/${encodeURIComponent(id)}/cache`
      const answer = await api.call<{ purged_agents: number }>('DELETE', path)
      const became = answer.ok ? { purged: answer.value.purged_agents } : { problem: answer.problem }
      setCleared((before) => new Map(before).set(id, became))
    }
    setBusy(false)
  }
  const columns: readonly Column<PeerRef>[] = [
    { head: 'Peer', isName: true, cell: ({ name }) => <PeerName name={name} /> },
    { head: 'Done', cell: ({ id }) => <Became of={cleared.get(id)} /> },
    {
      head: 'Acts',
      cell: (peer) => (
        <Button
          disabled={isBusy}
          onClick={() => void clear([peer], `“${peer.name}”`)}
          aria-label={`Forget the copies of ${peer.name}`}
        >
          Forget…
        </Button>
      ),
    },
  ]
  const { rows, next } = pageOf(peers, pages)
  return (
    <>
      <Table {...{ columns, rows, caption: countOf(peers.length, 'peer') }} keyOf={({ id }) => id} />
      <Pager pages={pages} next={next} label="Pages of peers" />
      <p>
        <Button
          kind="danger"
          isBusy={isBusy}
          onClick={() => void clear(peers, `all peers (${peers.length})`)}
        >
          Forget the copies of all peers…
        </Button>
      </p>
    </>
  )
}

function Became({ of }: { readonly of: { purged: number } | { problem: Problem } | undefined }): VNode {
  if (of === undefined) return <span class="quiet">–</span>
  if ('problem' in of) return <span class="field-error">{of.problem.sentence}</span>
  return <span role="status">forgotten, with {countOf(of.purged, 'record')}</span>
}
