/** `GET /audit/report`: what a month was like, for the operators' review. */
import { type AuditReport, composeReport, type Month, readMonth, type Traffic } from '../../audit/report.ts'
import type { SignedHead } from '../../audit/signed-head.ts'
import type { AuditRow } from '../../domain/audit-ports.ts'
import type { App } from '../app.ts'
import type { HttpDeps } from '../deps.ts'
import { optional, strictObject } from '../json-schema.ts'
import { answer, answers, text, WIRE } from '../schemas.ts'
import { invalidParameters } from '../validation.ts'
import { optionalTime } from '../wire-admin.ts'

/** Acts of publishers, and what the registry does by itself: only counted. */
const COUNTED_KINDS: readonly string[] = ['agent', 'query-log', 'audit']
const MOST_CHANGES = 1_000

const TRAFFIC = answer('Questions in one direction.', {
  questions: WIRE.integer,
  results: WIRE.integer,
  average_response_time_ms: { type: ['number', 'null'] },
  outcomes: { type: 'object' },
})

export function registerAuditReport(app: App, deps: HttpDeps): void {
  const { auditKeeper, clock, self } = deps

  app.get('/api/v1/audit/report', {
    schema: {
      operationId: 'getAuditReport',
      summary: 'What a month was like: traffic with each peer, what was changed, what wants a look',
      description:
        'Sums of the query log outlive its rows, so a month can be looked at until the audit log forgets it (`REGISTRY_AUDIT_DAYS`). `head` is signed: the report kept elsewhere proves the audit log up to there.',
      tags: ['administration'],
      querystring: strictObject({
        month: optional(text('Such as `2026-11`; the month before this one, if not given.', 7)),
      }),
      response: answers({
        200: answer('The report.', {
          registry_url: WIRE.string,
          registry_name: WIRE.string,
          month: WIRE.string,
          is_over: WIRE.boolean,
          generated_at: WIRE.time,
          findings: WIRE.strings,
          peers: {
            type: 'array',
            items: answer('A peer.', {
              peer_id: WIRE.string,
              name: WIRE.string,
              state: { enum: ['active', 'disabled', 'removed'] },
              outbound: TRAFFIC,
              inbound: TRAFFIC,
            }),
          },
          acts: {
            type: 'array',
            items: answer('How often somebody did something.', {
              action: WIRE.string,
              actor: WIRE.string,
              count: WIRE.integer,
            }),
          },
          changes: {
            type: 'array',
            items: answer('A change of whom the registry trusts, and of what it is.', {
              seq: WIRE.integer,
              at: WIRE.time,
              actor: WIRE.string,
              action: WIRE.string,
              target: WIRE.string,
              detail: { type: 'object' },
            }),
          },
          head: { type: 'object' },
        }),
      }),
    },
    async handler(request) {
      const month = monthOf(request.query.month, clock.now())
      const [report, head] = [await makeReport(month, deps), await auditKeeper.signHead()]
      const { url: registry_url, name: registry_name } = self
      return { registry_url, registry_name, generated_at: optionalTime(clock.now()), ...toWire(report, head) }
    },
  })
}

/** @throws ProblemError 400 */
function monthOf(written: string | undefined, now: number): Month {
  const lastMonth = (): string => {
    const date = new Date(now)
    return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() - 1)).toISOString().slice(0, 7)
  }
  const month = readMonth(written ?? lastMonth())
  if (month !== undefined && month.since <= now) return month
  throw invalidParameters([{ pointer: '?month', message: 'Takes a month that has begun, such as 2026-01.' }])
}

async function makeReport(month: Month, { storage, config, clock }: HttpDeps): Promise<AuditReport> {
  const { audit, queryLog, peers, tokens, keys } = storage
  const newestFirst = await audit.list({
    ...{ limit: MOST_CHANGES, before: null, since: month.since, until: month.until },
    exceptKinds: COUNTED_KINDS,
  })
  return composeReport({
    ...{ month, now: clock.now(), changes: newestFirst.reverse() },
    ...{ sums: await queryLog.sum(month), acts: await audit.count(month) },
    ...{ peers: await peers.list(), tokens: await tokens.list(), keys: await keys.list() },
    settings: {
      requireSignature: config.federation.requireSignature,
      isQueryTextLogged: config.logQueries === 'plain',
    },
  })
}

function toWire({ isOver, peers, changes, ...rest }: AuditReport, head: SignedHead): object {
  return {
    ...rest,
    is_over: isOver,
    peers: peers.map(({ peerId, outbound, inbound, ...peer }) => ({
      ...{ peer_id: peerId, ...peer },
      ...{ outbound: trafficToWire(outbound), inbound: trafficToWire(inbound) },
    })),
    changes: changes.map(changeToWire),
    head,
  }
}

function trafficToWire({ averageResponseTimeMs, ...traffic }: Traffic): object {
  return { ...traffic, average_response_time_ms: averageResponseTimeMs }
}

function changeToWire({ seq, at, actor, action, target, detail }: AuditRow): object {
  return { seq, at: optionalTime(at), actor, action, target, detail }
}
