/** A new invite, shown once. */
import type { VNode } from 'preact'
import type { NewInvite } from '../../api/invites.ts'
import { Button } from '../../design/button.tsx'
import { Code } from '../../design/copy-button.tsx'
import { Section } from '../../design/section.tsx'
import { Time } from '../../design/time.tsx'
import { Fingerprint } from '../parts/fingerprint.tsx'
import { useFocus } from '../parts/use-focus.ts'

export function InviteLine({
  invite,
  onDone,
}: {
  readonly invite: NewInvite
  readonly onDone: () => void
}): VNode {
  // The form that had the focus is gone.
  const ref = useFocus<HTMLDivElement>()
  return (
    <Section title="The invite" acts={<Button onClick={onDone}>I have sent it</Button>}>
      <div class="stack" ref={ref} tabIndex={-1}>
        <p>
          Send this line to the other operator, who pastes it at “Accept an invite”. It is shown only now, and
          good until <Time at={invite.expires_at} /> for one registry. Keep it secret until then.
        </p>
        <Code title="Invite" text={invite.invite} />
        <div>
          <p class="label">Our fingerprint, for them to compare</p>
          <Fingerprint of={invite.key_thumbprint} what="our fingerprint" />
        </div>
        {invite.auto_accept ? (
          <p>Whoever accepts it is a peer at once.</p>
        ) : (
          <p>
            When they have accepted it, they appear among the <a href="console/peers">peers</a> as waiting for
            you: compare their fingerprint and confirm.
          </p>
        )}
      </div>
    </Section>
  )
}
