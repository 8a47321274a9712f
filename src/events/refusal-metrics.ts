/**
 * Requests that were refused for a limit or for their credentials. Their series are there from the start, with 0: of one
 * that begins with 1, Prometheus sees no increase, and the first refusal of a kind would raise no alert.
 */
import { Counter, type Registry } from 'prom-client'
import type { AuthRefusal } from '../http/http-events.ts'
import type { RateLimitPolicy } from '../http/rate-limits.ts'

export interface RefusalMetrics {
  countLimited(policy: RateLimitPolicy): void
  countAuthRefused(reason: AuthRefusal): void
}

export function createRefusalMetrics(register: Registry): RefusalMetrics {
  const { limited, refused, badSignatures } = defineMetrics(register)
  const countAuthRefused = (reason: AuthRefusal, count = 1): void => {
    if (reason.startsWith(SIGNATURE)) badSignatures.inc({ reason: reason.slice(SIGNATURE.length) }, count)
    else refused.inc({ reason }, count)
  }
  for (const policy of Object.keys(POLICIES)) limited.inc({ policy }, 0)
  for (const reason of Object.keys(REASONS)) countAuthRefused(reason as AuthRefusal, 0)
  return {
    countLimited: (policy) => limited.inc({ policy }),
    countAuthRefused(reason) {
      if (reason === 'too-many-failures') limited.inc({ policy: 'auth-failures' })
      countAuthRefused(reason)
    },
  }
}

const SIGNATURE = 'signature-'

const POLICIES: Readonly<Record<RateLimitPolicy, true>> = {
  ...{ peer: true, key: true, anonymous: true, 'auth-failures': true, 'force-refresh': true },
  ...{ 'card-fetch': true, enrolment: true },
}
const REASONS: Readonly<Record<AuthRefusal, true>> = {
  ...{ 'malformed-credential': true, 'unknown-credential': true, 'too-many-failures': true },
  'cross-site': true,
  ...{ 'inbound-disabled': true, 'registry-mismatch': true, 'signature-missing': true },
  ...{ 'certificate-missing': true, 'certificate-untrusted': true, 'certificate-outdated': true },
  ...{ 'certificate-wrong-usage': true, 'certificate-not-pinned': true },
  ...{ 'signature-malformed': true, 'signature-expired': true, 'signature-from-the-future': true },
  ...{ 'signature-mismatch': true, 'signature-too-weak': true, 'signature-unknown-key': true },
  'signature-replayed': true,
}

function defineMetrics(register: Registry) {
  const registers = [register]
  return {
    limited: new Counter({
      name: 'registry_rate_limited_total',
      help: 'Requests refused because of a rate limit.',
      labelNames: ['policy'],
      registers,
    }),
    refused: new Counter({
      name: 'registry_auth_refused_total',
      help: 'Requests whose credentials were refused for another reason than their signature.',
      labelNames: ['reason'],
      registers,
    }),
    badSignatures: new Counter({
      name: 'federation_signature_failures_total',
      help: 'Requests of peers whose signature was refused, by what was wrong with it.',
      labelNames: ['reason'],
      registers,
    }),
  }
}
