/** The share policy of a peer: what is written, what it would change, and saving it. */
import type { VNode } from 'preact'
import { useLayoutEffect, useState } from 'preact/hooks'
import type { WireSharePolicy } from '../../../src/domain/read-share-policy.ts'
import { changePeer, getPeer, type Peer } from '../../api/peers.ts'
import { useLoaded } from '../../api/use-loaded.ts'
import { Button } from '../../design/button.tsx'
import { ConfirmDialog } from '../../design/dialog.tsx'
import { PeerName } from '../../design/peer-text.tsx'
import { Section } from '../../design/section.tsx'
import { Tabs } from '../../design/tabs.tsx'
import { Head } from '../parts/head.tsx'
import { Shown } from '../parts/shown.tsx'
import { granted } from '../parts/use-act.ts'
import { useApi, useMay } from '../session.tsx'
import { PolicyDifference } from './policy-difference.tsx'
import { isSamePolicy, storedForm } from './policy-draft.ts'
import { PolicyFields } from './policy-fields.tsx'
import { PolicyPreview } from './policy-preview.tsx'
import { PolicyText } from './policy-text.tsx'
import { usePolicyDraft } from './use-policy-draft.ts'

export function SharePolicyView({ id }: { readonly id: string }): VNode {
  const api = useApi()
  const peer = useLoaded((signal) => getPeer(api, id, signal), { key: `peer ${id}` })
  return (
    <>
      <Head title="Share policy" back={{ href: `console/peers/${id}`, title: 'The peer' }}>
        <p>
          What one peer may see of the records marked federated. Public records anyone sees, with or without a
          policy; private and local ones never leave.
        </p>
      </Head>
      <Shown loaded={peer} what="The peer">
        {(value) => <Editor key={value.id} peer={value} onSaved={peer.refresh} />}
      </Shown>
    </>
  )
}

function Editor({ peer, onSaved }: { readonly peer: Peer; readonly onSaved: () => void }): VNode {
  const mayChange = useMay('federate')
  const { policy, text, isTyping, tab, setTab, change, drop } = usePolicyDraft(peer)
  const [isAsking, setAsking] = useState(false)
  const [wasSaved, setSaved] = useState(false)
  const edited = storedForm(policy)
  const isChanged = !isSamePolicy(peer.share_policy, edited)
  const write = (written: WireSharePolicy, by: 'fields' | 'json'): void => {
    change(written, by)
    setSaved(false)
  }
  // Not before the policy was loaded as it is now: until then the former one would stand in the fields.
  useLayoutEffect(() => {
    if (wasSaved && !isChanged) drop()
  }, [wasSaved, isChanged])

  return (
    <>
      <p>
        Peer: <PeerName name={peer.name} />
      </p>
      <div class="beside">
        <Section title={mayChange ? 'Write it' : 'Try one out'}>
          <Tabs
            label="How to write it"
            selected={tab}
            onSelect={setTab}
            tabs={[
              {
                id: 'fields',
                title: 'Fields',
                content: () => (
                  <PolicyFields policy={policy} onChange={(written) => write(written, 'fields')} />
                ),
              },
              {
                id: 'json',
                title: 'JSON',
                content: () => <PolicyText draft={text} onChange={(written) => write(written, 'json')} />,
              },
            ]}
          />
        </Section>
        <div>
          <Section title="What would change">
            <PolicyDifference present={peer.share_policy} edited={edited} />
            <div class="row">
              {mayChange && (
                <Button kind="main" disabled={!isChanged} onClick={() => setAsking(true)}>
                  Save the policy
                </Button>
              )}
              <Button disabled={!isChanged && !isTyping} onClick={drop}>
                Drop the changes
              </Button>
              <span role="status">{wasSaved && !isChanged && 'Saved.'}</span>
            </div>
          </Section>
          <PolicyPreview peerId={peer.id} policy={edited} />
        </div>
      </div>
      {isAsking && (
        <SaveDialog
          {...{ peer, edited }}
          onSaved={() => {
            setSaved(true)
            onSaved()
          }}
          onClose={() => setAsking(false)}
        />
      )}
    </>
  )
}

function SaveDialog({
  peer,
  edited,
  onSaved,
  onClose,
}: {
  readonly peer: Peer
  readonly edited: WireSharePolicy | null
  readonly onSaved: () => void
  readonly onClose: () => void
}): VNode {
  const api = useApi()
  return (
    <ConfirmDialog
      title="Save this share policy?"
      act="Save the policy"
      isDanger={false}
      onConfirm={async () => {
        granted(await changePeer(api, peer.id, { share_policy: edited }))
        onSaved()
      }}
      onClose={onClose}
    >
      <p>
        It holds for <PeerName name={peer.name} /> from its next question on. Records that it may no longer
        see it drops with its next health check.
      </p>
      <PolicyDifference present={peer.share_policy} edited={edited} />
    </ConfirmDialog>
  )
}
