/** Clearing what is kept of peers' answers and records: of one peer, or of all. */
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import type { Problem } from '../../api/problem.ts'
import { useLoaded } from '../../api/use-loaded.ts'
import { Button } from '../../design/button.tsx'
import { countOf } from '../../design/figures.ts'
import { PeerName } from '../../design/peer-text.tsx'
import { Section } from '../../design/section.tsx'
import { EmptyState } from '../../design/states.tsx'
import { type Column, Table } from '../../design/table.tsx'
import { Pager, pageOf, usePages } from '../lists/pager.tsx'
import { type Question, useAsk } from '../parts/ask.tsx'
import { Shown } from '../parts/shown.tsx'
import { ClearingEffect } from '../peers/peer-dialogs.tsx'
import { useApi } from '../session.tsx'

type PeerRef = { readonly id: string; readonly name: string }
/** What came of clearing each peer's cache. */
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
    <Section title="Caches of peers’ answers">
      <Shown loaded={loaded} what="The peers">
        {({ peers }) => (peers.length === 0 ? <NoPeers /> : <PeerCaches peers={peers} />)}
      </Shown>
    </Section>
  )
}

function NoPeers(): VNode {
  return (
    <EmptyState title="No peers, no caches">
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
  const clear = async (
    chosen: readonly PeerRef[],
    question: Omit<Question, 'isDangerous'>,
  ): Promise<void> => {
    if (!(await ask({ ...question, isDangerous: true }))) return
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
          onClick={() => void clear([peer], ofOne(peer))}
          aria-label={`Clear the cache of ${peer.name}`}
        >
          Clear the cache…
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
        <Button kind="danger" isBusy={isBusy} onClick={() => void clear(peers, ofAll(peers))}>
          Clear the caches of all peers…
        </Button>
      </p>
    </>
  )
}

function ofOne({ name }: PeerRef): Omit<Question, 'isDangerous'> {
  const effect = (
    <ClearingEffect>
      <PeerName name={name} />
    </ClearingEffect>
  )
  return { title: 'Clear the cache of this peer?', effect, act: 'Clear the cache' }
}

function ofAll({ length }: readonly PeerRef[]): Omit<Question, 'isDangerous'> {
  const effect = <ClearingEffect>all peers ({length})</ClearingEffect>
  return { title: 'Clear the caches of all peers?', effect, act: 'Clear the caches' }
}

function Became({ of }: { readonly of: { purged: number } | { problem: Problem } | undefined }): VNode {
  if (of === undefined) return <span class="quiet">–</span>
  if ('problem' in of) return <span class="field-error">{of.problem.sentence}</span>
  return <span role="status">cleared, with {countOf(of.purged, 'record')}</span>
}
