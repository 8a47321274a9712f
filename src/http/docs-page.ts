/** The API document as a page to read: plain HTML, no scripts, nothing loaded from anywhere. */

import type { ProblemDefinition } from '../problem.ts'
import { escapeHtml } from './escape-html.ts'

/** What of the document is shown; all of it is made from our own routes. */
export type DocumentedOperation = {
  readonly method: string
  readonly path: string
  readonly summary: string
  readonly description: string
  readonly tag: string
  readonly access: string
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly description: string }[]
}

const STYLE = `
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
  body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
  h2 { margin-top: 2.5rem; text-transform: capitalize; border-bottom: 1px solid #8886 }
  section { margin: 1.25rem 0 }
  h3 { margin: 0; font-size: 1rem; overflow-wrap: anywhere }
  p { margin: .25rem 0 }
  small { opacity: .75 }
  table { border-collapse: collapse; font-size: .9rem }
  td, th { text-align: left; vertical-align: top; padding: .1rem 1rem .1rem 0 }
  code { font-family: ui-monospace, monospace }
`

/** Allows the page's own style and nothing else. */
export function docsPolicy(hashOfStyle: string): string {
  return `default-src 'none'; style-src 'sha256-${hashOfStyle}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`
}

/** The style element's text, over which the policy's hash is made. */
export const DOCS_STYLE: string = STYLE

export function renderDocs(
  operations: readonly DocumentedOperation[],
  { title, documentUrl }: { readonly title: string; readonly documentUrl: string },
): string {
  const tags = [...new Set(operations.map(({ tag }) => tag))]
  const sections = tags.map((tag) => {
    const shown = operations.filter((operation) => operation.tag === tag).map(renderOperation)
    return `<h2>${escapeHtml(tag)}</h2>\n${shown.join('\n')}`
  })
  const intro = `<p>For programs: <a href="${escapeHtml(documentUrl)}">the OpenAPI document</a>.
What refusals mean: <a href="docs/errors">errors</a>.</p>`
  return renderPage(title, [intro, ...sections].join('\n'))
}

/** Every error code, each under its own anchor: where the `type` of a problem leads. */
export function renderErrors(problems: Readonly<Record<string, ProblemDefinition>>): string {
  const sections = Object.entries(problems).map(
    ([code, { status, title, advice }]) => `<section id="${escapeHtml(code)}">
<h3><code>${escapeHtml(code)}</code> <small>${status}</small></h3>
<p>${escapeHtml(title)}. ${withCode(advice)}</p>
</section>`,
  )
  return renderPage('Errors of AgentVault Registry', sections.join('\n'))
}

function renderPage(title: string, content: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
${content}
</main>
</body>
</html>
`
}

function renderOperation(operation: DocumentedOperation): string {
  const { method, path, summary, description, access, parameters } = operation
  const rows = parameters.map(
    (parameter) =>
      `<tr><td><code>${escapeHtml(parameter.name)}</code></td><td>${escapeHtml(parameter.in)}</td><td>${withCode(parameter.description)}</td></tr>`,
  )
  const table = rows.length === 0 ? '' : `\n<table><tbody>${rows.join('')}</tbody></table>`
  const more = description === '' ? '' : `\n<p>${withCode(description)}</p>`
  return `<section>
<h3><code>${escapeHtml(method)} ${escapeHtml(path)}</code></h3>
<p>${withCode(summary)}. <small>${escapeHtml(access)}</small></p>${more}${table}
</section>`
}

function withCode(text: string): string {
  return escapeHtml(text).replaceAll(/`([^`]*)`/g, '<code>$1</code>')
}
