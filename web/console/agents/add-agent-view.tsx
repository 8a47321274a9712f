/** Adding one agent: by its card or record, or by its address. */
import type { VNode } from 'preact'
import { Code } from '../../design/copy-button.tsx'
import { Tabs } from '../../design/tabs.tsx'
import { Head } from '../parts/head.tsx'
import { useRouter } from '../router.tsx'
import { AddByAddress } from './add-by-address.tsx'
import { AddByCard } from './add-by-card.tsx'

export function AddAgentView(): VNode {
  const { place, go } = useRouter()
  return (
    <>
      <Head
        title="Add an agent"
        back={{ href: 'console/agents', title: 'Agents' }}
        acts={<a href="console/agents/import">Import many at once</a>}
      />
      <Tabs
        label="How to add it"
        selected={place.search.get('by') ?? 'card'}
        onSelect={(by) => go(`agents/add?by=${by}`, { replace: true })}
        tabs={[
          { id: 'card', title: 'By its card', content: () => <AddByCard /> },
          { id: 'address', title: 'By its address', content: () => <AddByAddress /> },
          { id: 'command', title: 'From a terminal', content: () => <AddByCommand /> },
        ]}
      />
    </>
  )
}

function AddByCommand(): VNode {
  return (
    <div class="stack">
      <p>
        An agent that shows its card is added with one line; put in its address. A file of its card or its
        fields does as well.
      </p>
      <Code
        title="to add an agent by its address"
        text="agentvault-registry agent add https://agent.example"
      />
    </div>
  )
}
