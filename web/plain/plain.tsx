/** The search without script: one page for one question, made by the registry. */
import type { ComponentChildren, VNode } from 'preact'
import { renderToString } from 'preact-render-to-string'
import type { WireDiscoveryAnswer, WirePeerRow } from '../../src/wire/discovery.ts'
import type { PlainView } from '../../src/wire/plain-view.ts'
import { plainText } from '../design/foreign-text.ts'
import { lookOfOutcome } from '../design/looks.ts'
import { Mark } from '../design/mark.tsx'
import { completenessInWords, explanationOf, lineInWords, totalInWords } from '../search/account.ts'
import { copyKey } from '../search/agent/copies.ts'
import { NO_QUESTION, writeQuestion } from '../search/question.ts'
import { ResultItem } from '../search/result-item.tsx'
import { PlainForm } from './plain-form.tsx'

/** A whole HTML document, without script. */
export function renderPlain(view: PlainView): string {
  return `<!doctype html>\n${renderToString(<Page view={view} />)}`
}

function Page({ view }: { readonly view: PlainView }): VNode {
  const { registry, question, outcome } = view
  const title = question.search === '' ? registry.name : `${plainText(question.search)} · ${registry.name}`
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <base href={view.basePath} />
        <meta name="viewport" content="width=device-width" />
        <title>{title}</title>
        {view.stylesheets.map((href) => (
          <link key={href} rel="stylesheet" href={href} />
        ))}
      </head>
      <body>
        <header class="masthead">
          <a class="masthead-name" href="plain">
            <bdi>{registry.name}</bdi>
          </a>
          <nav class="masthead-nav" aria-label="Pages">
            <a href={withScript(view)}>With script</a>
          </nav>
        </header>
        <main class="page">
          <h1 class="visually-hidden">Search {registry.name}</h1>
          <PlainForm view={view} />
          {outcome.kind === 'refused' ? (
            <div class="notice notice-error">
              <h2>{outcome.title}</h2>
              <p>{outcome.detail}</p>
              <p>
                <a href={withoutFilters(view)}>Begin this search again, without type, tags and registries</a>
              </p>
            </div>
          ) : (
            <Answered answer={outcome.answer} view={view} links={outcome} />
          )}
        </main>
      </body>
    </html>
  )
}

function Answered({
  answer,
  view,
  links,
}: {
  readonly answer: WireDiscoveryAnswer
  readonly view: PlainView
  readonly links: { readonly firstPage: string | null; readonly nextPage: string | null }
}): VNode {
  const { agents, warnings = [], federation_stats } = answer
  const now = Date.now()
  return (
    <>
      {warnings.map((warning) => (
        <p key={warning} class="notice notice-stale">
          {warning}
        </p>
      ))}
      <Part title="Results">
        {agents.length === 0 && <p class="notice">No agent matches. Fewer or other words may find more.</p>}
        {agents.length > 0 && (
          <ol class="result-list result-list-plain" aria-label="Results">
            {agents.map((agent) => (
              <li key={copyKey(agent)} class="result-place">
                <ResultItem agent={agent} href={recordAddress(agent.did)} />
              </li>
            ))}
          </ol>
        )}
        <p class="more row">
          {links.nextPage !== null && (
            <a class="button" href={links.nextPage}>
              More results
            </a>
          )}
          {links.firstPage !== null && <a href={links.firstPage}>Back to the first page</a>}
        </p>
      </Part>
      <Part title="Registries">
        {federation_stats === undefined ? (
          <p>{view.isFederated ? 'No peers were asked.' : 'This registry alone was searched.'}</p>
        ) : (
          <div class="stack">
            <p>
              {totalInWords(federation_stats)} {completenessInWords(federation_stats)}
            </p>
            <ul class="account">
              {federation_stats.peers.map((line) => (
                <li key={line.peer_id}>
                  <Mark {...markOf(line.outcome)}>
                    <bdi class="account-name">{plainText(line.name)}</bdi>
                  </Mark>{' '}
                  {lineInWords(line, now)}
                  <Explanation line={line} />
                </li>
              ))}
            </ul>
          </div>
        )}
      </Part>
    </>
  )
}

function Explanation({ line }: { readonly line: WirePeerRow }): VNode | null {
  const explanation = explanationOf(line)
  return explanation === null ? null : <bdi class="quiet"> {plainText(explanation)}</bdi>
}

function Part({ title, children }: { readonly title: string; readonly children: ComponentChildren }): VNode {
  return (
    <section class="section">
      <div class="section-head">
        <h2>{title}</h2>
      </div>
      {children}
    </section>
  )
}

function markOf(outcome: string): Pick<ReturnType<typeof lookOfOutcome>, 'tone' | 'shape'> {
  const { tone, shape } = lookOfOutcome(outcome)
  return { tone, shape }
}

/** The same question at the page that has script; relative to the base, as all addresses are. */
function withScript({ question: { search, types, tags, registries } }: PlainView): string {
  return `./${writeQuestion({ search, type: types[0] ?? null, tags, registries })}`
}

/** Without script an agent is read as its record. */
function recordAddress(did: string): string {
  return `api/v1/discovery/agents/${encodeURIComponent(did)}`
}

/** The first page of the search alone: what is wrong with the address may be nothing that its reader can see. */
function withoutFilters({ question: { search } }: PlainView): string {
  return `plain${writeQuestion({ ...NO_QUESTION, search })}`
}
