/** One peer: how it is, how it was, what passes, and what can be done about it. */
import type { VNode } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { getPeer, type Peer } from '../../api/peers.ts'
import { useLoaded } from '../../api/use-loaded.ts'
import { plainText } from '../../design/foreign-text.ts'
import { Mark } from '../../design/mark.tsx'
import { PeerLink, PeerName } from '../../design/peer-text.tsx'
import { useOwnName } from '../own-name.ts'
import { Head } from '../parts/head.tsx'
import { Shown } from '../parts/shown.tsx'
import { useApi, useMay } from '../session.tsx'
import { ConfirmPeer } from './confirm-peer.tsx'
import { OfferedKeyNotice } from './offered-key.tsx'
import { PeerActs } from './peer-acts.tsx'
import { PeerFacts } from './peer-facts.tsx'
import { PeerHealthSection } from './peer-health.tsx'
import { PeerTraffic } from './peer-traffic.tsx'
import { lookOfPeer } from './peer-words.ts'
import { DEFAULT_SPAN, type Span, SpanChoice } from './span-choice.tsx'

const EVERY_MS = 5_000

export function PeerView({ id }: { readonly id: string }): VNode {
  const api = useApi()
  const peer = useLoaded((signal) => getPeer(api, id, signal), { key: `peer ${id}`, everyMs: EVERY_MS })
  return (
    <>
      <Head title="Peer" back={{ href: 'console/peers', title: 'Peers' }} />
      <Shown loaded={peer} what="The peer">
        {(value) => <Page peer={value} onChanged={peer.refresh} />}
      </Shown>
    </>
  )
}

function Page({ peer, onChanged }: { readonly peer: Peer; readonly onChanged: () => void }): VNode {
  const mayFederate = useMay('federate')
  const ownName = useOwnName()
  const [span, setSpan] = useState<Span>(DEFAULT_SPAN)
  const { word, ...look } = lookOfPeer(peer)
  useEffect(() => {
    document.title = `Peer · ${plainText(peer.name)} · ${ownName}`
  }, [peer.name])
  return (
    <>
      <div class="peer-title">
        <strong>
          <PeerName name={peer.name} />
        </strong>
        <Mark {...look} isBoxed>
          {word}
        </Mark>
        <PeerLink url={peer.registry_url} />
      </div>
      {peer.error !== null && peer.is_active && (
        <p>
          <bdi>{peer.error}</bdi>
        </p>
      )}
      {peer.offered_key !== null && (
        <OfferedKeyNotice peer={peer} offered={peer.offered_key} onAccepted={onChanged} />
      )}
      <PeerActs peer={peer} onChanged={onChanged} />
      {peer.awaits_confirmation &&
        (mayFederate ? (
          <ConfirmPeer peer={peer} onConfirmed={onChanged} />
        ) : (
          <p class="notice">Someone with the role federation-admin or admin has to confirm it.</p>
        ))}
      <PeerFacts peer={peer} />
      <SpanChoice span={span} onChange={setSpan} />
      <PeerHealthSection peer={peer} span={span} />
      <PeerTraffic peer={peer} span={span} />
    </>
  )
}
