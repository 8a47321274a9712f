/** The records that other registries have of an agent, and in what they differ from this one. */
import type { VNode } from 'preact'
import type { Answer } from '../../api/api.ts'
import { plainText } from '../../design/foreign-text.ts'
import { PeerText } from '../../design/peer-text.tsx'
import { Skeleton } from '../../design/states.tsx'
import { type Column, Table } from '../../design/table.tsx'
import { agentAddress } from '../result-facts.ts'
import { copyKey, type Difference, didOfCopy, differencesBetween } from './copies.ts'
import type { FoundAgent, LoadedCopy } from './use-agent.ts'

export function Copies({
  agent,
  copies: found,
}: {
  readonly agent: FoundAgent
  /** `null` while they are looked for. */
  readonly copies: Answer<readonly LoadedCopy[]> | null
}): VNode {
  if (found === null) return <Skeleton label="Looking in other registries" lines={3} />
  // Whether they have it is not known then, which is another thing than that they have it not.
  if (!found.ok) return <p>Other registries could not be asked: {plainText(found.problem.sentence)}</p>
  const copies = found.value
  if (copies.length === 0) {
    return <p class="quiet">No other registry that answered has this agent.</p>
  }
  const compared = [agent, ...copies.flatMap((copy) => copy.agent ?? [])]
  const differences = differencesBetween(compared)
  return (
    <div class="stack">
      <ul class="copies">
        {copies.map((copy) => (
          <li key={copyKey(copy)}>
            <a href={agentAddress(didOfCopy(copy))}>
              <bdi>{plainText(copy.registry_name)}</bdi>
            </a>
            {copy.why !== null && <span class="quiet"> could not be compared: {plainText(copy.why)}</span>}
          </li>
        ))}
      </ul>
      {compared.length > 1 && differences.length === 0 && <p>All these records say the same.</p>}
      {differences.length > 0 && <Differences differences={differences} compared={compared} />}
    </div>
  )
}

function Differences({
  differences,
  compared,
}: {
  readonly differences: readonly Difference[]
  readonly compared: readonly FoundAgent[]
}): VNode {
  const columns: Column<Difference>[] = [
    { head: 'Member', cell: ({ field }) => field, isName: true },
    ...compared.map((one, at) => ({
      head: plainText(one.registry_name),
      cell: ({ values }: Difference) => {
        const value = values[at] ?? ''
        return value === '' ? <span class="quiet">not said</span> : <PeerText text={value} lines={3} />
      },
    })),
  ]
  return (
    <Table
      caption="In what the records differ; the first is the one above"
      columns={columns}
      rows={differences}
      keyOf={({ field }) => field}
    />
  )
}
