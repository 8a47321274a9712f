/** A chart with its title and the table of its figures beside it, which says the same to those who do not see it. */
import type { ComponentChildren, VNode } from 'preact'

export function ChartFrame({
  title,
  note,
  chart,
  table,
}: {
  readonly title: string
  /** Unit, period, zone: what a reader needs to read it. */
  readonly note?: ComponentChildren
  /** The drawing; hidden from who cannot see it, since the table is there. */
  readonly chart: VNode
  /** A `Table` of the same figures. */
  readonly table: VNode
}): VNode {
  return (
    <figure class="chart chart-beside">
      <figcaption class="chart-caption">
        <h3>{title}</h3>
        {note !== undefined && <span class="quiet">{note}</span>}
      </figcaption>
      <div aria-hidden="true">{chart}</div>
      {/* A frame that scrolls must be reachable by keyboard. */}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls */}
      <section class="chart-table" tabIndex={0} aria-label={`${title}, as a table`}>
        {table}
      </section>
    </figure>
  )
}
