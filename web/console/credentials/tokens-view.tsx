/** Federation tokens: what this registry gave its peers, so that they may ask it. */
import type { VNode } from 'preact'
import { useState } from 'preact/hooks'
import type { Answer, Api } from '../../api/api.ts'
import { useLoaded } from '../../api/use-loaded.ts'
import { Button } from '../../design/button.tsx'
import { countOf } from '../../design/figures.ts'
import { PeerName } from '../../design/peer-text.tsx'
import { Section } from '../../design/section.tsx'
import { type Column, Table } from '../../design/table.tsx'
import { EmptyList } from '../lists/list-states.tsx'
import { Pager, pageOf, usePages } from '../lists/pager.tsx'
import { Head } from '../parts/head.tsx'
import { ProblemNote } from '../parts/problem-note.tsx'
import { Shown } from '../parts/shown.tsx'
import { useApi } from '../session.tsx'
import { CREDENTIAL_COLUMNS } from './credential-columns.tsx'
import { byUse, isInUse, stateOf } from './credential-state.ts'
import type { FederationToken, MadeToken, Replacing } from './credentials.ts'
import { NewToken } from './new-token.tsx'
import { RotateDialog } from './rotate-dialog.tsx'
import { SecretOnce } from './secret-once.tsx'
import { useRevoke } from './use-revoke.ts'

export type PeerRef = { readonly id: string; readonly name: string; readonly registry_url: string }
type Tokens = { readonly tokens: readonly FederationToken[]; readonly peers: readonly PeerRef[] }
type Made = MadeToken & Partial<Replacing>

export function TokensView(): VNode {
  const api = useApi()
  const loaded = useLoaded((signal) => loadTokens(api, signal), { key: 'tokens' })
  const [made, setMade] = useState<Made | null>(null)
  const onMade = (token: Made): void => {
    setMade(token)
    loaded.refresh()
  }
  return (
    <>
      <Head title="Federation tokens">
        A token lets a peer ask this registry. An <a href="console/invites">invite</a> makes one for each side
        without anybody copying it; a token by itself is for registries that know no invites.
      </Head>
      {made !== null && (
        <SecretOnce
          title="The token"
          secrets={[
            { what: 'token', text: made.token },
            ...(made.signing_secret === null ? [] : [{ what: 'signing secret', text: made.signing_secret }]),
          ]}
          replaced={made.replaced_ends_at}
          onClose={() => setMade(null)}
        />
      )}
      <NewToken peers={loaded.kind === 'ready' ? loaded.value.peers : []} onMade={onMade} />
      <Section title="Tokens given">
        <Shown loaded={loaded} what="The tokens">
          {(tokens) => <TokenList {...tokens} onMade={onMade} onDone={loaded.refresh} />}
        </Shown>
      </Section>
    </>
  )
}

async function loadTokens(api: Api, signal: AbortSignal): Promise<Answer<Tokens>> {
  const [tokens, peers] = await Promise.all([
    api.call<Pick<Tokens, 'tokens'>>('GET', 'federation/tokens', { signal }),
    api.call<Pick<Tokens, 'peers'>>('GET', 'federation/peers', { signal }),
  ])
  if (!tokens.ok) return tokens
  if (!peers.ok) return peers
  return { ok: true, value: { ...tokens.value, ...peers.value }, etag: null }
}

type ListProps = Tokens & { readonly onMade: (token: Made) => void; readonly onDone: () => void }

function TokenList({ tokens, peers, onMade, onDone }: ListProps): VNode {
  const pages = usePages('tokens')
  const [rotated, setRotated] = useState<NamedToken | null>(null)
  if (tokens.length === 0) {
    return (
      <EmptyList isFiltered={false} path="tokens" title="No tokens yet">
        <p>Peers that joined by an invite have theirs listed here, too.</p>
      </EmptyList>
    )
  }
  const named = byUse(tokens, Date.now()).map((token) => ({ ...token, peer_name: nameOf(token, peers) }))
  const acts: Column<NamedToken> = {
    head: 'Acts',
    cell: (token) => <TokenActs token={token} onRotate={() => setRotated(token)} onDone={onDone} />,
  }
  const { rows, next } = pageOf(named, pages)
  return (
    <>
      <Table
        {...{ columns: [...COLUMNS, ...CREDENTIAL_COLUMNS, acts], rows }}
        caption={`${countOf(tokens.length, 'token')}; those in use first, newest first`}
        keyOf={({ id }) => id}
      />
      <Pager pages={pages} next={next} label="Pages of tokens" />
      {rotated !== null && (
        <RotateDialog<MadeToken & Replacing>
          {...{ path: 'federation/tokens', id: rotated.id, what: `the token of ${rotated.peer_name}` }}
          onClose={() => setRotated(null)}
          onMade={(token) => {
            setRotated(null)
            onMade(token)
          }}
        />
      )}
    </>
  )
}

type NamedToken = FederationToken & { readonly peer_name: string }

function nameOf({ peer_id: peerId }: FederationToken, peers: readonly PeerRef[]): string {
  return peers.find(({ id }) => id === peerId)?.name ?? 'a peer that was removed'
}

type ActsProps = {
  readonly token: NamedToken
  readonly onRotate: () => void
  readonly onDone: () => void
}

function TokenActs({ token, onRotate, onDone }: ActsProps): VNode | null {
  const { revoke, problem } = useRevoke('federation/tokens', onDone)
  if (!isInUse(stateOf(token, Date.now()))) return null
  const what = `the token of ${token.peer_name}`
  return (
    <div class="row">
      {token.rotated_at === null && (
        <Button onClick={onRotate} aria-label={`Rotate ${what}`}>
          Rotate…
        </Button>
      )}
      <Button
        onClick={() => void revoke(token, what, 'The peer can no longer ask by it.')}
        aria-label={`Revoke ${what}`}
      >
        Revoke…
      </Button>
      {problem !== null && <ProblemNote problem={problem} />}
    </div>
  )
}

const COLUMNS: readonly Column<NamedToken>[] = [
  {
    head: 'Peer',
    isName: true,
    cell: ({ peer_id: peerId, peer_name: name }) => (
      <a href={`console/peers/${encodeURIComponent(peerId)}`}>
        <PeerName name={name} />
      </a>
    ),
  },
  { head: 'Scheme', cell: ({ scheme }) => scheme },
]
