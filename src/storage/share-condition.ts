/** A share policy as a condition on `agents` rows: what `admitsRecord` says of a record, for the database to decide. */
import { foldCase } from '../domain/fold-case.ts'
import type { SharePolicy, ShareSelector } from '../domain/share-policy.ts'

type Mark = (value: unknown) => string

/**
 * Whether a `federated` record is shared; never null, so that it can be negated. Of public records nothing is asked
 * here.
 * @param record SQL of the `agents` row's alias.
 * @param mark adds a parameter and returns its mark.
 */
export function shareCondition({ include, exclude }: SharePolicy, record: string, mark: Mark): string {
  const conditions = [
    ...(include === null ? [] : [anyOf(include, record, mark)]),
    ...(exclude.length === 0 ? [] : [`not ${anyOf(exclude, record, mark)}`]),
  ]
  return conditions.length === 0 ? 'true' : `(${conditions.join(' and ')})`
}

function anyOf(selectors: readonly ShareSelector[], record: string, mark: Mark): string {
  const conditions = [
    ...simpleConditions(selectors, record, mark),
    ...joinedConditions(selectors, record, mark),
  ]
  return conditions.length === 0 ? 'false' : `(${conditions.join(' or ')})`
}

type Kind = keyof ShareSelector
const KINDS: readonly Kind[] = ['agentType', 'provider', 'id', 'tag']

/** Selectors of one member each, all of one kind at once: a list of ids is one look-up, not hundreds of comparisons. */
function simpleConditions(selectors: readonly ShareSelector[], record: string, mark: Mark): string[] {
  return KINDS.flatMap((kind) => {
    const values = selectors.flatMap((selector) => {
      const value = selector[kind]
      return value !== null && kindsOf(selector).length === 1 ? [value] : []
    })
    return values.length === 0 ? [] : [isOneOf(kind, values, record, mark)]
  })
}

function joinedConditions(selectors: readonly ShareSelector[], record: string, mark: Mark): string[] {
  return selectors
    .filter((selector) => kindsOf(selector).length > 1)
    .map((selector) => {
      const parts = kindsOf(selector).map((kind) => isOneOf(kind, [selector[kind] ?? ''], record, mark))
      return `(${parts.join(' and ')})`
    })
}

function kindsOf(selector: ShareSelector): Kind[] {
  return KINDS.filter((kind) => selector[kind] !== null)
}

function isOneOf(kind: Kind, values: readonly string[], record: string, mark: Mark): string {
  const isAmong = (column: string, folded: readonly string[]): string =>
    `${column} in (${folded.map(mark).join(', ')})`
  switch (kind) {
    case 'agentType':
      return isAmong(`${record}.agent_type`, values.map(foldCase))
    case 'provider': {
      const column = `${record}.provider_key`
      return `(${column} is not null and ${isAmong(column, values.map(foldCase))})`
    }
    case 'id':
      return isAmong(
        `${record}.id`,
        values.map((id) => id.toLowerCase()),
      )
    case 'tag':
      return `exists (select 1 from agent_tags s where s.agent_ordinal = ${record}.ordinal and ${isAmong('s.tag', values.map(foldCase))})`
  }
}
