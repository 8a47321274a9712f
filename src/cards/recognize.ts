/** Tells which format a card has, by the members that only this format has. Whether it is valid is not asked here. */
import type { CardFormat } from '../domain/agent.ts'
import { describe, isObject } from './place.ts'

export type CardVariant = 'a2a-1' | 'a2a-0.3' | 'agentvault' | 'mcp-server'

export type Recognition =
  | { readonly kind: 'recognized'; readonly format: CardFormat; readonly variant: CardVariant }
  /** `detail` is a sentence for the publisher. */
  | { readonly kind: 'unknown'; readonly detail: string }

const KNOWN_FORMATS =
  'Known are A2A agent cards (`supportedInterfaces`, or before 1.0 `url` with `skills`), ' +
  'AgentVault cards (`humanReadableId`) and MCP `server.json` (`name` with `packages`, `remotes` or `repository`)'

const SHOWN_MEMBERS = 12

/** @param value the parsed card. A card with members of both A2A generations counts as 1.0. */
export function recognizeCard(value: unknown): Recognition {
  if (!isObject(value)) return unknown(describe(value))
  const has = (name: string): boolean => Object.hasOwn(value, name) && value[name] !== null
  if (has('supportedInterfaces')) return { kind: 'recognized', format: 'a2a', variant: 'a2a-1' }
  if (has('humanReadableId') || (has('schemaVersion') && has('agentVersion'))) {
    return { kind: 'recognized', format: 'agentvault', variant: 'agentvault' }
  }
  if (isServerJson(value)) return { kind: 'recognized', format: 'mcp-server', variant: 'mcp-server' }
  const isEarlyA2a = has('preferredTransport') || has('additionalInterfaces') || has('skills')
  if (has('url') && isEarlyA2a) return { kind: 'recognized', format: 'a2a', variant: 'a2a-0.3' }
  const names = Object.keys(value).slice(0, SHOWN_MEMBERS)
  return unknown(names.length === 0 ? 'an empty object' : `an object with ${names.map(shorten).join(', ')}`)
}

function isServerJson(value: Readonly<Record<string, unknown>>): boolean {
  const schema = value.$schema
  if (typeof schema === 'string' && /modelcontextprotocol.*\/server\.schema\.json/.test(schema)) return true
  if (Object.hasOwn(value, 'version_detail')) return true
  const members = ['packages', 'remotes', 'repository']
  const { name } = value
  return (
    typeof name === 'string' && name.includes('/') && members.some((member) => Object.hasOwn(value, member))
  )
}

function unknown(seen: string): Recognition {
  return { kind: 'unknown', detail: `The card's format is not known. ${KNOWN_FORMATS}; seen: ${seen}.` }
}

function shorten(name: string): string {
  return describe(name.length > 40 ? `${name.slice(0, 40)}…` : name)
}
