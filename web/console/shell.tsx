/** The frame of the console: who is signed in, where one can go, and the view that is open. */
import { type ComponentChildren, Fragment, type VNode } from 'preact'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import type { Me } from '../api/session.ts'
import { Button } from '../design/button.tsx'
import { Masthead } from '../design/masthead.tsx'
import { PeerName } from '../design/peer-text.tsx'
import { Skeleton } from '../design/states.tsx'
import { matchPath } from './match-path.ts'
import { useOwnName } from './own-name.ts'
import { ProblemNote } from './parts/problem-note.tsx'
import { may } from './roles.ts'
import { useRouter } from './router.tsx'
import { useSession } from './session.tsx'
import { SignIn } from './sign-in.tsx'
import { VIEWS, type View } from './views.tsx'

export function Shell(): VNode {
  const { state, look } = useSession()
  switch (state.kind) {
    case 'looking':
      return (
        <Framed me={null}>
          <main class="page" id="main" tabIndex={-1}>
            <Skeleton label="Looking who is signed in" />
          </main>
        </Framed>
      )
    case 'unknown':
      return (
        <Framed me={null}>
          <main class="page" id="main" tabIndex={-1}>
            <h1>Console</h1>
            <ProblemNote problem={state.problem} retry={look} />
          </main>
        </Framed>
      )
    case 'signed-out':
      return (
        <Framed me={null}>
          <SignIn reason={state.reason} />
        </Framed>
      )
    case 'signed-in':
      return (
        <Framed me={state.me}>
          <Open me={state.me} />
        </Framed>
      )
  }
}

function Framed({ me, children }: { readonly me: Me | null; readonly children: ComponentChildren }): VNode {
  const { signOut } = useSession()
  return (
    <>
      <Masthead name={useOwnName()} home="console">
        <a href="./">Search</a>
        <a href="console" aria-current="page">
          Console
        </a>
        {me !== null && (
          <>
            <span class="who">
              <PeerName name={me.name} lines={1} /> <span class="quiet">{me.role}</span>
            </span>
            <Button kind="plain" onClick={() => void signOut()}>
              Sign out
            </Button>
          </>
        )}
      </Masthead>
      {children}
    </>
  )
}

function Open({ me }: { readonly me: Me }): VNode {
  const { place } = useRouter()
  const { view, parameters } = findView(place.path)
  const main = useRef<HTMLElement>(null)
  const title = view?.title ?? 'Not found'
  const ownName = useOwnName()
  const lastPath = useRef(place.path)

  useEffect(() => {
    document.title = `${title} · ${ownName}`
  }, [title])
  // Whoever goes to another view is taken to it, as when a page loads; opening the console leaves the focus alone.
  // At once: a moment later it would be taken from where the Tab key has led to meanwhile.
  useLayoutEffect(() => {
    if (lastPath.current === place.path) return
    lastPath.current = place.path
    window.scrollTo(0, 0)
    main.current?.focus({ preventScroll: true })
  }, [place.path])

  return (
    <div class="page console">
      <Navigation me={me} path={place.path} />
      <main id="main" class="console-main" ref={main} tabIndex={-1} aria-label={title}>
        <Content view={view} parameters={parameters} me={me} />
      </main>
    </div>
  )
}

type Found = { readonly view: View | undefined; readonly parameters: Readonly<Record<string, string>> }

function Content({ view, parameters, me }: Found & { readonly me: Me }): VNode {
  if (view === undefined) {
    return (
      <>
        <h1>Not found</h1>
        <p>
          The console has nothing at this address. <a href="console">Go to its first page.</a>
        </p>
      </>
    )
  }
  if (!may(me.role, view.permission)) {
    return (
      <>
        <h1>{view.title}</h1>
        <p class="notice">
          Your key has the role {me.role}, which does not open this. Sign in with another one, or ask someone
          who has it.
        </p>
      </>
    )
  }
  return <Fragment key={JSON.stringify(parameters)}>{view.show(parameters)}</Fragment>
}

function findView(path: string): Found {
  for (const view of VIEWS) {
    const parameters = matchPath(view.path, path)
    if (parameters !== null) return { view, parameters }
  }
  return { view: undefined, parameters: {} }
}

const GROUPS = ['Federation', 'Records', 'Registry'] as const

function Navigation({ me, path }: { readonly me: Me; readonly path: string }): VNode {
  const shown = VIEWS.filter(({ permission }) => may(me.role, permission))
  return (
    <nav class="console-nav" aria-label="Console">
      {GROUPS.map((group) => {
        const views = shown.filter((view) => view.group === group)
        if (views.length === 0) return null
        return (
          <section key={group}>
            <h2 class="label">{group}</h2>
            <ul>
              {views.map((view) => (
                <li key={view.path}>
                  <a href={addressOf(view)} {...(isWithin(path, view.path) && { 'aria-current': 'page' })}>
                    {view.title}
                  </a>
                </li>
              ))}
            </ul>
          </section>
        )
      })}
    </nav>
  )
}

function addressOf({ path }: View): string {
  return path === '' ? 'console' : `console/${path}`
}

/** A peer's page belongs to the peers. */
function isWithin(path: string, root: string): boolean {
  return path === root || (root !== '' && path.startsWith(`${root}/`))
}
