/** Whose key this session was begun with. */
import type { VNode } from 'preact'
import { CopyButton } from '../../design/copy-button.tsx'
import { PeerName } from '../../design/peer-text.tsx'
import { Head } from '../parts/head.tsx'
import { useMe } from '../session.tsx'

export function AccountView(): VNode {
  const { name, role, key_id: keyId, owner_id: owner } = useMe()
  return (
    <>
      <Head title="Your key" />
      <dl class="pairs">
        <dt>Name</dt>
        <dd>
          <PeerName name={name} />
        </dd>
        <dt>Role</dt>
        <dd>{role}</dd>
        <dt>Owner</dt>
        <dd>
          <code>{owner}</code> <CopyButton text={owner} what="the id of the owner" />
          <p class="quiet">Records belong to the owner. Whoever gives you a record asks for this id.</p>
        </dd>
        <dt>Key</dt>
        <dd>
          <code>{keyId}</code>
        </dd>
      </dl>
    </>
  )
}
