/** A peer in words. */
import { hasMixedScripts } from '../domain/mixed-scripts.ts'
import { printFields, printJson } from './print.ts'
import { isRecord, isTrue, memberOf, textOf, textsOf, timeOf } from './read-answer.ts'
import type { Answer } from './registry-client.ts'
import type { Terminal } from './terminal.ts'

/** A peer, and what a look at it found, for people or as JSON. */
export function printPeerAnswer(
  { text, value }: Answer,
  { json }: { readonly json?: boolean },
  terminal: Terminal,
): void {
  if (json) {
    printJson(text, terminal)
    return
  }
  const probe = memberOf(value, 'probe')
  const health = [textOf(value, 'health_status'), textOf(probe, 'problem') || textOf(value, 'error')]
  printFields(
    [
      ['Name', textOf(value, 'name')],
      ['Caution', cautionOf(textOf(value, 'name'))],
      ['Id', textOf(value, 'id')],
      ['Address', textOf(value, 'registry_url')],
      ['We ask it', yesOrNo(isTrue(value, 'is_active'))],
      ['It may ask us', yesOrNo(isTrue(value, 'inbound_active'))],
      ['It sees', isRecord(memberOf(value, 'share_policy')) ? 'what its policy says (peer policy show)' : ''],
      ['Waits for', isTrue(value, 'awaits_confirmation') ? 'your confirmation (peer confirm)' : ''],
      ['Protocol', textOf(probe, 'protocol') || textOf(value, 'protocol')],
      ['Signed by', textOf(value, 'signature_scheme')],
      ['Mutual TLS', isTrue(value, 'require_mtls') ? 'required of its requests' : ''],
      ['Client pins', textsOf(value, 'client_pins').join(', ')],
      ['Server pins', textsOf(value, 'server_pins').join(', ')],
      ['Our TLS key', describeOwnCertificate(value)],
      ['Its key', textOf(value, 'key_thumbprint')],
      ['Key before', textOf(value, 'previous_key_thumbprint')],
      ['New key', describeOffer(value)],
      ['Health', health.filter(Boolean).join(': ')],
      ['Agents', textOf(probe, 'agent_count') || textOf(value, 'agent_count')],
      ['Its size', isTrue(value, 'size_confirmed') ? 'confirmed: counts in full' : ''],
      ['Last check', timeOf(value, 'last_health_check')],
    ],
    terminal,
  )
}

/** Who is enrolled by an invite may have named itself. */
function cautionOf(name: string): string {
  return hasMixedScripts(name)
    ? 'a word of its name has letters of several scripts: it may imitate another'
    : ''
}

/** What its operator has to pin, and when the certificate over it has to be renewed. */
function describeOwnCertificate(peer: unknown): string {
  const pin = textOf(peer, 'client_certificate_pin')
  return pin === '' ? '' : `${pin}, certificate until ${timeOf(peer, 'client_certificate_expires_at')}`
}

/** A key that it shows and is not known by. */
function describeOffer(peer: unknown): string {
  const offered = memberOf(peer, 'offered_key')
  const fingerprint = textOf(offered, 'thumbprint')
  if (fingerprint === '') return ''
  if (isTrue(offered, 'announced')) return `${fingerprint}, announced by its key; see "peer trust-key"`
  const known = textOf(peer, 'key_thumbprint') === '' ? '' : ', not announced by its key'
  return `${fingerprint}${known}; ask its operator, then "peer trust-key"`
}

export function yesOrNo(claim: boolean): string {
  return claim ? 'yes' : 'no'
}
