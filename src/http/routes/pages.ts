/**
 * The pages for people: the search, an agent's page and the console. They hold no data, so they are the same for
 * everybody; what they show they ask the API for, as whoever looks at them.
 */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { ProblemError } from '../../problem.ts'
import type { App } from '../app.ts'
import type { HttpDeps } from '../deps.ts'
import { PAGE_HEADERS, type SentFile, sendFile, withDigest } from '../page-answers.ts'
import { completeShell, withPlainAddress } from '../page-shell.ts'
import { PLAIN, plainAddress, readPlainQuestion } from '../plain-question.ts'
import { sendNotBuilt } from '../sentence-page.ts'

export const SEARCH_SHELL = 'search.html'
const CONSOLE_SHELL = 'console.html'

/** Which page is at which address. Further parts of an address are the page's own business. */
const SHELLS: Readonly<Record<string, string>> = {
  '/': SEARCH_SHELL,
  '/agent': SEARCH_SHELL,
  '/console': CONSOLE_SHELL,
  '/console/*': CONSOLE_SHELL,
}

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  png: 'image/png',
  ico: 'image/x-icon',
  woff2: 'font/woff2',
  json: 'application/json',
}

// The name of an asset has a hash of what is in it.
const A_YEAR = 'public, max-age=31536000, immutable'

/** Options of routes that are pages, and no part of the API. */
const PAGE = { schema: { hide: true }, config: { isSameForAll: true } }

export function registerPages(app: App, { pages, self }: Pick<HttpDeps, 'pages' | 'self'>): void {
  const completed = new Map<string, SentFile>()
  const basePath = new URL(self.url).pathname.replace(/\/*$/, '/')

  for (const [url, shell] of Object.entries(SHELLS)) {
    app.get(url, { ...PAGE, handler: (request, reply) => sendShell(shell, { request, reply }) })
  }

  app.get<{ Params: { '*': string } }>('/assets/*', {
    ...PAGE,
    async handler(request, reply) {
      const name = `assets/${request.params['*']}`
      const file = await findSent(name, withDigest)
      const type = MEDIA_TYPES[name.replace(/^.*\./, '')]
      if (file === undefined || type === undefined) {
        throw new ProblemError('not-found', 'No page of this registry loads anything of this name.')
      }
      return sendFile(file, { 'content-type': type, 'cache-control': A_YEAR }, { request, reply })
    },
  })

  async function sendShell(
    shell: string,
    exchange: { readonly request: FastifyRequest; readonly reply: FastifyReply },
  ): Promise<FastifyReply> {
    const file = await findSent(shell, (built) => completeShell(built, { basePath, name: self.name }))
    if (file === undefined) return sendNotBuilt(exchange.reply)
    const address = shell === SEARCH_SHELL ? plainAddress(readPlainQuestion(exchange.request.url)) : PLAIN
    const sent = address === PLAIN ? file : withPlainAddress(file, address)
    return sendFile(sent, { ...PAGE_HEADERS, 'cache-control': 'no-cache' }, exchange)
  }

  async function findSent(
    name: string,
    make: (file: Parameters<typeof withDigest>[0]) => SentFile,
  ): Promise<SentFile | undefined> {
    const known = completed.get(name)
    if (known !== undefined) return known
    const file = await pages.find(name)
    if (file === undefined) return undefined
    const made = make(file)
    completed.set(name, made)
    return made
  }
}
