/**
 * The JSON of a record as results show it, written once: a record that many searches find is the longest part of their
 * answers, and the same in each. Its text is kept by the record itself for as long as that is there.
 */
import { hash } from 'node:crypto'
import type { Agent } from '../domain/agent.ts'
import { createAttachment } from '../domain/attachment.ts'
import type { DiscoveredAgent } from '../domain/discovery.ts'
import { foundRecordToWire } from './discovery.ts'

type Found = Pick<DiscoveredAgent, 'agent' | 'isFederated' | 'registryName' | 'registryUrl'>

export type WrittenRecord = {
  /** The object without its closing brace, so that more members may follow. */
  readonly text: string
  /** Equal for equal texts alone. */
  readonly digest: string
}

type Written = WrittenRecord & Omit<Found, 'agent'>

const written = createAttachment<Agent, Written>()

/** The record of a result. Its registry may have been renamed, or have become ours, since it was written. */
export function writeRecord(found: Found): WrittenRecord {
  const { agent, isFederated, registryName, registryUrl } = found
  const known = written.get(agent)
  const isSame =
    known?.isFederated === isFederated &&
    known.registryName === registryName &&
    known.registryUrl === registryUrl
  if (isSame) return known
  const text = JSON.stringify(foundRecordToWire(found)).slice(0, -1)
  const made = { text, digest: hash('sha256', text, 'base64url'), isFederated, registryName, registryUrl }
  written.set(agent, made)
  return made
}
