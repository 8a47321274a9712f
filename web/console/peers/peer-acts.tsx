/** What an operator can do with a peer. */
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import { type CheckedPeer, changePeer, checkPeer, type Peer } from '../../api/peers.ts'
import { Button } from '../../design/button.tsx'
import { milliseconds } from '../../design/durations.ts'
import { ProblemNote } from '../parts/problem-note.tsx'
import { useAct } from '../parts/use-act.ts'
import { useApi, useMay } from '../session.tsx'
import { ClearCacheDialog, RemovePeerDialog, SwitchDialog } from './peer-dialogs.tsx'

type Asked = 'disable' | 'shut out' | 'clear' | 'remove'

export function PeerActs({
  peer,
  onChanged,
}: {
  readonly peer: Peer
  readonly onChanged: () => void
}): VNode {
  const api = useApi()
  const mayFederate = useMay('federate')
  const act = useAct()
  const [asked, setAsked] = useState<Asked | null>(null)
  const [said, setSaid] = useState('')

  const check = async (): Promise<void> => {
    const checked = await act.run(() => checkPeer(api, peer.id))
    if (checked === undefined) return
    setSaid(checkInWords(checked.probe))
    onChanged()
  }
  const letIn = async (change: { is_active?: true; inbound_active?: true }): Promise<void> => {
    const changed = await act.run(() => changePeer(api, peer.id, change))
    if (changed === undefined) return
    setSaid(change.is_active === true ? 'It is asked again.' : 'It may ask us again.')
    onChanged()
  }
  const dialog = { peer, onChanged, onSaid: setSaid, onClose: () => setAsked(null) }

  return (
    <>
      <div class="row acts">
        <Button onClick={() => void check()} isBusy={act.isBusy}>
          Check now
        </Button>
        {!peer.awaits_confirmation && (
          <>
            {peer.is_active ? (
              <Button onClick={() => setAsked('disable')}>Stop asking it</Button>
            ) : (
              mayFederate && <Button onClick={() => void letIn({ is_active: true })}>Ask it again</Button>
            )}
            {peer.inbound_active ? (
              <Button onClick={() => setAsked('shut out')}>Stop its questions</Button>
            ) : (
              mayFederate && (
                <Button onClick={() => void letIn({ inbound_active: true })}>Let it ask us</Button>
              )
            )}
          </>
        )}
        <Button onClick={() => setAsked('clear')}>Clear the cache</Button>
        <a class="button" href={`console/peers/${peer.id}/sharing`}>
          Share policy
        </a>
        {mayFederate && (
          <Button kind="danger" onClick={() => setAsked('remove')}>
            Remove the peer
          </Button>
        )}
      </div>
      <p class="small" role="status">
        {said}
      </p>
      {act.problem !== null && <ProblemNote problem={act.problem} />}
      {asked === 'disable' && <SwitchDialog {...dialog} side="outbound" />}
      {asked === 'shut out' && <SwitchDialog {...dialog} side="inbound" />}
      {asked === 'clear' && <ClearCacheDialog {...dialog} />}
      {asked === 'remove' && <RemovePeerDialog {...dialog} />}
    </>
  )
}

function checkInWords(probe: CheckedPeer['probe']): string {
  if (probe?.problem !== undefined) return `Checked just now: ${probe.problem}`
  const took = probe?.response_time_ms
  return took === undefined ? 'Checked just now.' : `Checked just now: it answered in ${milliseconds(took)}.`
}
