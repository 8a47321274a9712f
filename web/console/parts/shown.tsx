/** What was loaded, in each of its states: on its way, failed, here, and older than it should be. */
import type { ComponentChildren, VNode } from 'preact'
import type { Loaded } from '../../api/use-loaded.ts'
import { Button } from '../../design/button.tsx'
import { Skeleton, StaleMark } from '../../design/states.tsx'
import { Time } from '../../design/time.tsx'
import { ProblemNote } from './problem-note.tsx'

export function Shown<T>({
  loaded,
  what,
  lines,
  children,
}: {
  readonly loaded: Loaded<T> & { readonly refresh: () => void }
  /** What is loaded, such as "The peers", for those who wait for it. */
  readonly what: string
  /** How tall what comes will be, in lines. */
  readonly lines?: number
  readonly children: (value: T) => ComponentChildren
}): VNode {
  switch (loaded.kind) {
    case 'loading':
      return <Skeleton label={`${what}: loading`} {...(lines !== undefined && { lines })} />
    case 'failed':
      return <ProblemNote problem={loaded.problem} retry={loaded.refresh} />
    case 'ready':
      return (
        <>
          {loaded.isStale && <Stale {...loaded} />}
          {children(loaded.value)}
        </>
      )
  }
}

function Stale({
  loadedAt,
  problem,
  refresh,
}: Extract<Loaded<unknown>, { readonly kind: 'ready' }> & { readonly refresh: () => void }): VNode {
  return (
    <div class="notice notice-stale" role="status">
      <StaleMark>
        As of <Time at={loadedAt} />
      </StaleMark>
      <p>{problem === null ? 'Nothing newer came since.' : `${problem.sentence} ${problem.advice}`}</p>
      <Button onClick={refresh}>Load again</Button>
    </div>
  )
}
