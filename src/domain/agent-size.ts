/** What records take in memory, so that what is kept of them can be bounded. */
import type { Agent } from './agent.ts'

const OBJECT_BYTES = 1_000 // objects and lists of a usual record
const BYTES_PER_CHARACTER = 2

/** What a record takes in memory, roughly; its texts are nearly all of a large one. */
export function bytesOfAgent({ name, description, tags, skills, endpoints }: Agent): number {
  let characters = name.length + description.length + lengthOf(tags)
  for (const skill of skills)
    characters += skill.name.length + skill.description.length + lengthOf(skill.tags)
  for (const { url } of endpoints) characters += url.length
  return OBJECT_BYTES + BYTES_PER_CHARACTER * characters
}

/** Of all that a search found. */
export function bytesOfMatches(matches: readonly { readonly agent: Agent }[]): number {
  return matches.reduce((sum, { agent }) => sum + bytesOfAgent(agent), 0)
}

function lengthOf(texts: readonly string[]): number {
  let characters = 0
  for (const text of texts) characters += text.length
  return characters
}
