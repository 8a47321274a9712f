/** A table of rows that are all here, shown a hundred at a time. */
import type { VNode } from 'preact'
import { type Column, Table } from '../../design/table.tsx'
import { Pager, pageOf, usePages } from './pager.tsx'

export function PagedTable<Row>({
  list,
  caption,
  columns,
  rows,
  keyOf,
}: {
  /** Which list it is: another one begins at its first page. */
  readonly list: string
  readonly caption: string
  readonly columns: readonly Column<Row>[]
  readonly rows: readonly Row[]
  readonly keyOf: (row: Row) => string
}): VNode {
  const pages = usePages(list)
  const page = pageOf(rows, pages)
  return (
    <>
      <Table caption={caption} columns={columns} rows={page.rows} keyOf={keyOf} />
      <Pager pages={pages} next={page.next} label={`Pages: ${caption}`} />
    </>
  )
}
