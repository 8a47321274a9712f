/** Our records as the peer would see them, looked up while the policy is written. */
import type { VNode } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { WireSharePolicy } from '../../../src/domain/read-share-policy.ts'
import { type Preview, previewAsPeer } from '../../api/preview.ts'
import { useLoaded } from '../../api/use-loaded.ts'
import { countOf } from '../../design/figures.ts'
import { Mark } from '../../design/mark.tsx'
import { PeerName } from '../../design/peer-text.tsx'
import { Section } from '../../design/section.tsx'
import { EmptyState } from '../../design/states.tsx'
import { Table } from '../../design/table.tsx'
import { Shown } from '../parts/shown.tsx'
import { useApi } from '../session.tsx'
import { FIELDS } from './policy-draft.ts'

/** Whoever types pauses for so long between words. */
const PAUSE_MS = 400

export function PolicyPreview({
  peerId,
  policy,
}: {
  readonly peerId: string
  readonly policy: WireSharePolicy | null
}): VNode {
  const api = useApi()
  const settled = useSettled(JSON.stringify(policy))
  const preview = useLoaded((signal) => previewAsPeer(api, peerId, { policy: settled, signal }), {
    key: `preview ${peerId} ${settled}`,
  })
  return (
    <Section title="What it would see">
      <Shown loaded={preview} what="What the peer would see" lines={4}>
        {(value) => <Seen preview={value} />}
      </Shown>
    </Section>
  )
}

/** The text as it was when it last rested. */
function useSettled(text: string): string {
  const [settled, setSettled] = useState(text)
  useEffect(() => {
    const timer = window.setTimeout(() => setSettled(text), PAUSE_MS)
    return () => window.clearTimeout(timer)
  }, [text])
  return settled
}

function Seen({ preview }: { readonly preview: Preview }): VNode {
  const { agents, agent_count: count, diff } = preview
  return (
    <div class="stack" aria-live="polite">
      <p>
        <strong>{countOf(count, 'record')}</strong> in all, public ones among them.
        {diff !== undefined && <> Beside how it is now, {effectOf(diff)}.</>}
      </p>
      {diff !== undefined && diff.records.length > 0 && <Differing diff={diff} />}
      {agents.length === 0 ? (
        <EmptyState title="It would see nothing">
          <p>No record is public, and none marked federated passes this policy.</p>
        </EmptyState>
      ) : (
        <Table
          caption={`The newest ${agents.length} of what it would see`}
          rows={agents}
          keyOf={({ did }) => did}
          columns={[
            { head: 'Agent', isName: true, cell: ({ name }) => <PeerName name={name} /> },
            { head: 'Type', cell: ({ agent_type }) => <bdi>{agent_type}</bdi> },
            { head: 'Keeps back', cell: (agent) => missingFrom(agent) || 'nothing' },
          ]}
        />
      )}
    </div>
  )
}

type Difference = NonNullable<Preview['diff']>

function effectOf({ appear, vanish, change }: Difference): string {
  const parts = [
    appear > 0 && `${appear} appear`,
    vanish > 0 && `${vanish} vanish`,
    change > 0 && `${change} come with other members`,
  ].filter((part) => part !== false)
  return parts.join(', ') || 'nothing differs'
}

const MARKS = {
  appears: { tone: 'ok', shape: 'disc', word: 'appears' },
  vanishes: { tone: 'bad', shape: 'cross', word: 'vanishes' },
  changes: { tone: 'warn', shape: 'half', word: 'changes' },
} as const

function Differing({ diff }: { readonly diff: Difference }): VNode {
  return (
    <Table
      caption={`Records that differ${diff.more ? ', the newest of them' : ''}`}
      rows={diff.records}
      keyOf={({ id }) => id}
      columns={[
        { head: 'Agent', isName: true, cell: ({ name }) => <PeerName name={name} /> },
        { head: 'Change', cell: ({ change }) => <Mark {...MARKS[change]}>{MARKS[change].word}</Mark> },
        {
          head: 'Members',
          cell: ({ gained = [], lost = [] }) =>
            [...gained.map((member) => `+ ${member}`), ...lost.map((member) => `− ${member}`)].join(', '),
        },
      ]}
    />
  )
}

/** The members that a record of ours may have, and that are not among what it would see; `card` stands for its own three. */
function missingFrom(agent: Readonly<Record<string, unknown>>): string {
  return FIELDS.filter(({ field }) => !(field === 'card' ? 'card_url' in agent : field in agent))
    .map(({ words }) => words.toLowerCase())
    .join(', ')
}
