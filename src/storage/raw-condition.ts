/** Conditions written as SQL text with marked parameters, for use in kysely queries. */
import { type RawBuilder, type SqlBool, sql } from 'kysely'

// Never occurs in our SQL: conditions are made of column names, operators and marks.
const MARK = '\u0000'

/** @param build writes the condition; `mark` adds a parameter and returns what stands for it. */
export function rawCondition(build: (mark: (value: unknown) => string) => string): RawBuilder<SqlBool> {
  const parameters: unknown[] = []
  const text = build((value) => {
    parameters.push(value)
    return MARK
  })
  const [first = '', ...rest] = text.split(MARK)
  const parts = rest.flatMap((part, index) => [sql.val(parameters[index]), sql.raw(part)])
  return sql<SqlBool>`${sql.join([sql.raw(first), ...parts], sql.raw(''))}`
}
