import type { Row, Spread } from './row.ts'
import type { ScenarioResult } from './run-scenario.ts'
import type { Figure } from './scenario.ts'
import { element, escapeXml } from './svg-element.ts'
import { figureText, goalText } from './table.ts'

// Sizes in user units, which are pixels where the graph is shown at its own size.
const WIDTH = 960
const BAR_WIDTH = 700
/** A line of text above its bar. */
const ROW_HEIGHT = 46
const BAR_HEIGHT = 12
const TOP = 40
const BOTTOM = 6

/** Colours that can be told apart on white and on black; the words beside each bar say the same. */
const STYLE = `
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.heading { font-weight: 600; font-size: 15px }
.met { fill: #1a7f37 } .missed { fill: #bc4c00 } .unjudged { fill: none; stroke: #6e7781 }
.goal { stroke: #1f2328; stroke-width: 2 }
.spread { stroke: #1f2328; stroke-width: 1 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .met { fill: #3fb950 } .missed { fill: #f0883e } .unjudged { stroke: #8b949e }
  .goal, .spread { stroke: #e6edf3 }
}
`

interface Bar {
  readonly label: string
  readonly ratio: Spread
  readonly goal: number
  /** `unjudged` is drawn hollow: the load generator may be what limited it. */
  readonly verdict: 'met' | 'missed' | 'unjudged'
  /** The ratio and its goal in words. */
  readonly words: string
}

/** The ratios of some scenarios as horizontal bars with their goals, as SVG; undefined where none has both. */
export function ratioGraph(heading: string, scenarios: readonly ScenarioResult[]): string | undefined {
  const bars = scenarios.flatMap(({ id, rows }) => rows.flatMap(row => barsOf(id, row)))
  if (bars.length === 0) return undefined
  const greatest = Math.max(...bars.flatMap(({ ratio, goal }) => [ratio.max, goal]))
  const height = TOP + bars.length * ROW_HEIGHT + BOTTOM
  return element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${WIDTH} ${height}`,
      width: WIDTH,
      height,
      role: 'img',
      'aria-labelledby': 'title description',
    },
    [
      element('title', { id: 'title' }, escapeXml(heading)),
      element('desc', { id: 'description' }, escapeXml(bars.map(sentence).join('; '))),
      element('style', {}, STYLE),
      element('text', { class: 'heading', x: 0, y: 20 }, escapeXml(heading)),
      ...bars.map((bar, index) => drawn(bar, TOP + index * ROW_HEIGHT, BAR_WIDTH / greatest)),
    ],
  )
}

/** One, where the row has a ratio and a goal. */
function barsOf(id: string, row: Row): readonly Bar[] {
  const { ratio, goal } = row
  if (ratio === undefined || goal === undefined) return []
  const words = `${figureText(ratio.median)} ×, ${goalText(row)}`
  return [{ label: `${id}: ${row.title}`, ratio, goal: boundOf(goal), verdict: verdictOf(row), words }]
}

function verdictOf({ isMet = false, isSaturated = false }: Row): Bar['verdict'] {
  if (isSaturated) return 'unjudged'
  return isMet ? 'met' : 'missed'
}

function boundOf(goal: NonNullable<Figure['goal']>): number {
  return 'atLeast' in goal ? goal.atLeast : goal.atMost
}

function sentence({ label, words }: Bar): string {
  return `${label}: ${words}`
}

function drawn({ label, ratio, goal, verdict, words }: Bar, top: number, perUnit: number): string {
  const at = (value: number): number => Math.round(value * perUnit * 10) / 10
  const y = top + ROW_HEIGHT - BAR_HEIGHT - 12
  const [middle, bottom] = [y + BAR_HEIGHT / 2, y + BAR_HEIGHT]
  return element('g', {}, [
    element('text', { x: 0, y: y - 8 }, escapeXml(label)),
    element('rect', {
      class: verdict,
      x: 0,
      y,
      width: at(ratio.median),
      height: BAR_HEIGHT,
    }),
    element('line', { class: 'spread', x1: at(ratio.min), x2: at(ratio.max), y1: middle, y2: middle }),
    element('line', { class: 'goal', x1: at(goal), x2: at(goal), y1: y - 4, y2: bottom + 4 }),
    element('text', { x: BAR_WIDTH + 14, y: bottom - 1 }, escapeXml(words)),
  ])
}
