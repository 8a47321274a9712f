/** The invites made here: a new one, those that were made, and what became of them. */
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { type Invite, listInvites, type NewInvite, revokeInvite } from '../../api/invites.ts'
import { useLoaded } from '../../api/use-loaded.ts'
import { Button } from '../../design/button.tsx'
import { ConfirmDialog } from '../../design/dialog.tsx'
import type { Shape, Tone } from '../../design/looks.ts'
import { Mark } from '../../design/mark.tsx'
import { Section } from '../../design/section.tsx'
import { EmptyState } from '../../design/states.tsx'
import { type Column, Table } from '../../design/table.tsx'
import { Time } from '../../design/time.tsx'
import { Head } from '../parts/head.tsx'
import { Shown } from '../parts/shown.tsx'
import { granted } from '../parts/use-act.ts'
import { useApi } from '../session.tsx'
import { InviteForm } from './invite-form.tsx'
import { InviteLine } from './invite-line.tsx'

const EVERY_MS = 5_000

export function InvitesView(): VNode {
  const api = useApi()
  const invites = useLoaded((signal) => listInvites(api, signal), { key: 'invites', everyMs: EVERY_MS })
  const [made, setMade] = useState<NewInvite | null>(null)
  const [revoked, setRevoked] = useState<Invite | null>(null)

  return (
    <>
      <Head title="Invites" acts={<a href="console/invites/accept">Accept an invite of another registry</a>}>
        <p>
          An invite is one line for the operator of another registry. Whoever accepts it becomes a peer as
          soon as you have compared fingerprints and confirmed them.
        </p>
      </Head>
      {made === null ? (
        <InviteForm
          onMade={(invite) => {
            setMade(invite)
            invites.refresh()
          }}
        />
      ) : (
        <InviteLine invite={made} onDone={() => setMade(null)} />
      )}
      <Section title="Made here">
        <Shown loaded={invites} what="The invites">
          {({ invites: rows }) =>
            rows.length === 0 ? (
              <EmptyState title="No invites yet">
                <p>Make one above, and send its line to the operator of the other registry.</p>
              </EmptyState>
            ) : (
              <Table
                caption="Invites, newest first"
                isCaptionHidden
                columns={columnsOf(setRevoked)}
                rows={rows}
                keyOf={({ id }) => id}
              />
            )
          }
        </Shown>
      </Section>
      {revoked !== null && (
        <ConfirmDialog
          title="Revoke this invite?"
          act="Revoke the invite"
          onConfirm={async () => {
            granted(await revokeInvite(api, revoked.id))
            if (made?.id === revoked.id) setMade(null)
            invites.refresh()
          }}
          onClose={() => setRevoked(null)}
        >
          <p>
            The line made <Time at={revoked.created_at} as="age" /> is of no use from now on. Peers that are
            enrolled already stay.
          </p>
        </ConfirmDialog>
      )}
    </>
  )
}

const LOOKS: Readonly<Record<Invite['state'], { readonly tone: Tone; readonly shape: Shape }>> = {
  open: { tone: 'ok', shape: 'disc' },
  used: { tone: 'off', shape: 'half' },
  expired: { tone: 'off', shape: 'quarter' },
  revoked: { tone: 'off', shape: 'cross' },
}

function columnsOf(onRevoke: (invite: Invite) => void): readonly Column<Invite>[] {
  return [
    { head: 'State', cell: ({ state }) => <Mark {...LOOKS[state]}>{state}</Mark> },
    { head: 'Made', isName: true, cell: ({ created_at }) => <Time at={created_at} /> },
    { head: 'Good until', cell: ({ expires_at }) => <Time at={expires_at} /> },
    { head: 'Confirmation', cell: ({ auto_accept }) => (auto_accept ? 'not needed' : 'by an operator here') },
    { head: 'Shares', cell: ({ share_policy }) => (share_policy === null ? 'all federated' : 'by a policy') },
    {
      head: 'Used',
      cell: ({ used_at, peer_id }) =>
        used_at === null ? (
          'not yet'
        ) : (
          <>
            <Time at={used_at} as="age" />{' '}
            {peer_id !== null && <a href={`console/peers/${peer_id}`}>by a peer</a>}
          </>
        ),
    },
    {
      head: 'Act',
      cell: (invite) =>
        invite.state === 'open' && (
          <Button kind="danger" onClick={() => onRevoke(invite)}>
            Revoke
          </Button>
        ),
    },
  ]
}
