/** A page of one sentence, for browsers, where there is no other. */
import type { FastifyReply } from 'fastify'
import { escapeHtml } from './escape-html.ts'
import { PAGE_HEADERS } from './page-answers.ts'

/** @param status of the answer. */
export function sendSentencePage(
  reply: FastifyReply,
  { status, title, sentence }: { readonly status: number; readonly title: string; readonly sentence: string },
): FastifyReply {
  return reply
    .code(status)
    .headers(PAGE_HEADERS)
    .send(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title>
</head>
<body>
<p>${escapeHtml(sentence)}</p>
</body>
</html>
`)
}

/** Of a registry that runs from its sources. */
export function sendNotBuilt(reply: FastifyReply): FastifyReply {
  return sendSentencePage(reply, {
    status: 503,
    title: 'AgentVault Registry',
    sentence:
      'This registry runs, but its pages were not built: run "npm run build:web" in its folder, then load this page again.',
  })
}
