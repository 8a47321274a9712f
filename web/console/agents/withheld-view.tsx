/** Records of this registry that are seen by their owners and admins only, and why. */
import type { VNode } from 'preact'
import type { WireWithheld } from '../../../src/wire/withheld.ts'
import { useLoaded } from '../../api/use-loaded.ts'
import { PeerName } from '../../design/peer-text.tsx'
import { type Column, Table } from '../../design/table.tsx'
import { Time } from '../../design/time.tsx'
import { EmptyList } from '../lists/list-states.tsx'
import { Pager, usePages } from '../lists/pager.tsx'
import { Head } from '../parts/head.tsx'
import { Shown } from '../parts/shown.tsx'
import { useApi } from '../session.tsx'

type WithheldAgent = {
  readonly id: string
  readonly did: string
  readonly name: string
  readonly owner_id: string
  readonly withheld: WireWithheld | null
}
type Page = { readonly agents: readonly WithheldAgent[]; readonly next_after: string | null }

const ROWS = 100

export function WithheldView(): VNode {
  const api = useApi()
  const pages = usePages('withheld')
  const parameters = { limit: ROWS, after: pages.cursor }
  const loaded = useLoaded((signal) => api.call<Page>('GET', 'withheld', { parameters, signal }), {
    key: `withheld ${pages.cursor ?? ''}`,
  })
  return (
    <>
      <Head title="Withheld records" back={{ href: 'console/agents', title: 'Agents' }} />
      <Shown loaded={loaded} what="The withheld records">
        {({ agents, next_after: next }) => (
          <>
            {agents.length === 0 ? (
              <EmptyList isFiltered={false} path="agents/withheld" title="Nothing is withheld">
                <p>
                  Records that were taken down, match a block, or belong to a suspended owner are listed here.
                </p>
              </EmptyList>
            ) : (
              <Table
                caption="Records seen by their owners and admins only"
                columns={COLUMNS}
                rows={agents}
                keyOf={({ id }) => id}
              />
            )}
            <Pager pages={pages} next={next} label="Pages of withheld records" />
          </>
        )}
      </Shown>
    </>
  )
}

const COLUMNS: readonly Column<WithheldAgent>[] = [
  {
    head: 'Name',
    isName: true,
    cell: ({ id, name }) => (
      <a href={`console/agents/${encodeURIComponent(id)}`}>
        <PeerName name={name} />
      </a>
    ),
  },
  { head: 'Why', cell: ({ withheld }) => withheld && <WhyWithheld withheld={withheld} /> },
  { head: 'Owner', cell: ({ owner_id }) => <code>{owner_id}</code> },
]

/** Every reason that keeps the record from being seen. */
export function WhyWithheld({ withheld }: { readonly withheld: WireWithheld }): VNode {
  const { take_down: takeDown, block_id: blockId, owner_suspended: isSuspended } = withheld
  return (
    <ul>
      {takeDown !== undefined && (
        <li>
          Taken down <Time at={takeDown.at} />
          {takeDown.legal && ', as the law demanded'}: <span dir="auto">{takeDown.reason}</span>
        </li>
      )}
      {blockId !== undefined && (
        <li>
          Matches a <a href="console/blocks">block</a>
        </li>
      )}
      {isSuspended === true && <li>Its owner is suspended</li>}
    </ul>
  )
}
