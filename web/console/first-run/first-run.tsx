/** What an empty registry says to its operator: three next steps, each one click or one line to copy. */
import type { ComponentChildren, VNode } from 'preact'
import type { Answer, Api } from '../../api/api.ts'
import { getFederationHealth } from '../../api/federation-health.ts'
import { useLoaded } from '../../api/use-loaded.ts'
import { Code } from '../../design/copy-button.tsx'
import { Skeleton } from '../../design/states.tsx'
import { Head } from '../parts/head.tsx'
import { useApi, useMay } from '../session.tsx'

/** Shows the greeting in the place of a view as long as the registry has neither agents nor peers. */
export function GreetIfEmpty({ children }: { readonly children: ComponentChildren }): VNode {
  const api = useApi()
  const loaded = useLoaded((signal) => isEmptyRegistry(api, signal), { key: 'is empty' })
  if (loaded.kind === 'loading') return <Skeleton label="The registry: loading" />
  const isEmpty = loaded.kind === 'ready' && loaded.value
  return <>{isEmpty ? <FirstRun isEmpty /> : children}</>
}

/** Asks for the peers only where there are no agents: the view behind the greeting asks for them itself. */
async function isEmptyRegistry(api: Api, signal: AbortSignal): Promise<Answer<boolean>> {
  const health = await api.call<{ agent_count: number }>('GET', 'health', { signal })
  if (!health.ok) return health
  if (health.value.agent_count > 0) return { ...health, value: false }
  const federation = await getFederationHealth(api, signal)
  return federation.ok ? { ...federation, value: federation.value.total_peers === 0 } : federation
}

/** @param props.isEmpty there is nothing here yet; else somebody looks at the steps again. */
export function FirstRun({ isEmpty }: { readonly isEmpty: boolean }): VNode {
  const [publishes, federates] = [useMay('publish'), useMay('federate')]
  return (
    <>
      <Head title={isEmpty ? 'This registry is new' : 'First steps'}>
        {isEmpty && 'It has no agents and no peers yet. '}Three steps make it useful, in any order.
      </Head>
      <ol class="steps">
        <Step title="Add an agent" isOffered={publishes} needs="publisher">
          <p>Paste its card, type its address, or import a file of many.</p>
          <p class="row">
            <a class="button button-main" href="console/agents/add">
              Add an agent
            </a>
            <a href="console/agents/import">Import many</a>
          </p>
          <Code title="to add agents from a terminal" text="agentvault-registry agent import agents.ndjson" />
        </Step>
        <Step title="Invite a peer" isOffered={federates} needs="federation-admin">
          <p>One invite enrols two registries with each other. The other operator pastes it there.</p>
          <p class="row">
            <a class="button button-main" href="console/invites">
              Invite a peer
            </a>
            <a href="console/invites/accept">Accept an invite</a>
          </p>
          <Code title="to make an invite in a terminal" text="agentvault-registry peer invite" />
        </Step>
        <Step title="Search" isOffered needs="viewer">
          <p>Here and at all peers at once, with an account of who answered.</p>
          <p>
            <a class="button button-main" href="./">
              Search
            </a>
          </p>
        </Step>
      </ol>
    </>
  )
}

function Step(props: {
  readonly title: string
  readonly isOffered: boolean
  /** Who may do it. */
  readonly needs: string
  readonly children: ComponentChildren
}): VNode {
  const { title, isOffered, needs, children } = props
  return (
    <li class="step">
      <h2>{title}</h2>
      {isOffered ? children : <p>This needs a key of the role {needs}.</p>}
    </li>
  )
}
