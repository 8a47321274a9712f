/** A table of rows that becomes a list of cards where it is narrow. */
import type { ComponentChildren, VNode } from 'preact'

export type Column<Row> = {
  /** The head, and the label within a card. */
  readonly head: string
  readonly cell: (row: Row) => ComponentChildren
  /** Figures, set to the right. */
  readonly isNumeric?: boolean
  /** The cell that names its row; one column of a table. */
  readonly isName?: boolean
}

export function Table<Row>({
  caption,
  columns,
  rows,
  keyOf,
  isCaptionHidden = false,
}: {
  /** What the rows are: every table says it. */
  readonly caption: string
  readonly columns: readonly Column<Row>[]
  readonly rows: readonly Row[]
  readonly keyOf: (row: Row) => string
  /** Where a heading above says the same. */
  readonly isCaptionHidden?: boolean
}): VNode {
  return (
    <table class="table">
      <caption class={isCaptionHidden ? 'visually-hidden' : undefined}>{caption}</caption>
      <thead>
        <tr>
          {columns.map(({ head, isNumeric }) => (
            <th key={head} scope="col" class={isNumeric === true ? 'numeric' : undefined}>
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={keyOf(row)}>{columns.map((column) => cellOf(column, row))}</tr>
        ))}
      </tbody>
    </table>
  )
}

function cellOf<Row>({ head, cell, isNumeric, isName }: Column<Row>, row: Row): VNode {
  const shared = { key: head, 'data-label': head, class: isNumeric === true ? 'numeric' : undefined }
  const content = <div>{cell(row)}</div>
  return isName === true ? (
    <th scope="row" {...shared}>
      {content}
    </th>
  ) : (
    <td {...shared}>{content}</td>
  )
}
