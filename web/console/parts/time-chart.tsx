/** Lines over time, drawn by uPlot in the colours of the page. */
import type { VNode } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'

type ChartSeries = {
  readonly label: string
  readonly tone: 'accent' | 'ok' | 'warn' | 'bad'
  /** Beside the times; null where there is nothing. */
  readonly values: readonly (number | null)[]
  /** Single marks instead of a line. */
  readonly isMarked?: boolean
}

type Props = {
  /** Unix ms, in order. */
  readonly at: readonly number[]
  readonly series: readonly ChartSeries[]
  /** How far back the axis goes, in ms. */
  readonly span: number
  /** A value on the axis. */
  readonly format: (value: number) => string
}

const HEIGHT = 220

export function TimeChart(props: Props): VNode {
  const frame = useRef<HTMLDivElement>(null)
  const kept = useRef(props)
  kept.current = props
  const theme = useTheme(frame)
  const said = JSON.stringify([props.at, props.series, props.span])

  // The chart is made anew for other figures: they come every few seconds at most, and it takes a few ms.
  useEffect(() => {
    const { current } = frame
    if (current === null) return undefined
    const { options, data } = chartOf(kept.current, current)
    const chart = new uPlot(options, data, current)
    const resized = new ResizeObserver(() => chart.setSize({ width: current.clientWidth, height: HEIGHT }))
    resized.observe(current)
    return () => {
      resized.disconnect()
      chart.destroy()
    }
  }, [said, theme])

  return (
    <>
      <div class="time-chart" ref={frame} />
      <Legend series={props.series} />
    </>
  )
}

/** Lines differ by their dashes, too: nobody needs the colour. */
function Legend({ series }: Pick<Props, 'series'>): VNode {
  return (
    <ul class="chart-legend">
      {series.map(({ label, tone, isMarked }, place) => (
        <li key={label}>
          <svg width="28" height="10" class={`tone-${tone}`} aria-hidden="true">
            {isMarked === true ? (
              <circle class="legend-mark" cx="14" cy="5" r="3.5" />
            ) : (
              <line
                class="legend-line"
                x1="0"
                y1="5"
                x2="28"
                y2="5"
                stroke-dasharray={dashOf(place).join(' ')}
              />
            )}
          </svg>
          {label}
        </li>
      ))}
    </ul>
  )
}

function dashOf(place: number): readonly number[] {
  return DASHES[place] ?? []
}

const DASHES: readonly (readonly number[])[] = [[], [8, 4], [2, 3]]
/** So few would not be seen as a line. */
const FEW = 60

/** Changes with the page's colours, which a canvas does not follow by itself. */
function useTheme(frame: { readonly current: HTMLDivElement | null }): string {
  const [theme, setTheme] = useState('')
  useEffect(() => {
    const look = (): void => {
      if (frame.current !== null) setTheme(getComputedStyle(frame.current).color)
    }
    look()
    const system = window.matchMedia('(prefers-color-scheme: dark)')
    const chosen = new MutationObserver(look)
    system.addEventListener('change', look)
    chosen.observe(document.documentElement, { attributeFilter: ['data-theme'] })
    return () => {
      system.removeEventListener('change', look)
      chosen.disconnect()
    }
  }, [frame])
  return theme
}

function chartOf({ at, series, span, format }: Props, frame: HTMLElement) {
  const colour = (token: string): string => resolveColour(frame, token)
  const until = Date.now()
  const isSparse = at.length <= FEW
  const axis = {
    stroke: colour('--ink-2'),
    grid: { stroke: colour('--rule'), width: 1 },
    ticks: { stroke: colour('--rule'), width: 1 },
  }
  const options: uPlot.Options = {
    ...{ width: frame.clientWidth, height: HEIGHT, legend: { show: false }, cursor: { show: false } },
    ms: 1,
    scales: {
      x: { range: () => [until - span, until] },
      y: { range: (_, __, most) => [0, Math.max(1, most ?? 1) * 1.1] },
    },
    axes: [axis, { ...axis, size: 64, values: (_, values) => values.map((value) => format(value)) }],
    series: [
      {},
      ...series.map((one, place) => ({
        ...{ label: one.label, stroke: colour(`--${one.tone}`), width: one.isMarked === true ? 0 : 2 },
        ...{ dash: [...dashOf(place)], spanGaps: false },
        points: {
          ...{ show: one.isMarked === true || isSparse, size: 7, fill: colour(`--${one.tone}`) },
          filter: isSparse && one.isMarked !== true ? placesToMark(one.values) : null,
        },
      })),
    ],
  }
  const data: uPlot.AlignedData = [[...at], ...series.map(({ values }) => [...values])]
  return { options, data }
}

/** Zeros have their line alone: a row of marks at the bottom would look as if something had happened each time. */
function placesToMark(values: ChartSeries['values']): number[] {
  return values.flatMap((value, place) => (value === null || value === 0 ? [] : [place]))
}

/**
 * A canvas takes no `light-dark()`: the browser says what it comes to. Asked of an element that is new, since an old one
 * may be on its way from one colour to the next.
 */
function resolveColour(frame: HTMLElement, token: string): string {
  const probe = document.createElement('span')
  probe.style.color = `var(${token})`
  frame.append(probe)
  const { color } = getComputedStyle(probe)
  probe.remove()
  return color
}
