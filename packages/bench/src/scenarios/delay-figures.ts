import type { LatencySummary } from '../load/latency.ts'
import { type Figure, GENERATOR_SHARE, type Sample } from '../report/scenario.ts'

const LATE_MS = 50
const LOOP_MS = 20

/** How late messages are that are due evenly, from the due time to whoever reads them; `what`: how many. None may be early. */
export function latenessFigures(what: string, { hasGoal = true } = {}): readonly Figure[] {
  const figure = { unit: 'ms', better: 'less' } as const
  return [
    { ...figure, key: 'p50Ms', title: `late at ${what}, p50` },
    {
      ...figure,
      key: 'p99Ms',
      title: `late at ${what}, p99`,
      ...(hasGoal && { goal: { atMost: LATE_MS } }),
    },
    { ...figure, key: 'maxMs', title: `late at ${what}, max` },
  ]
}

export function latenessSample({ p50Ms, p99Ms, maxMs }: LatencySummary): Sample {
  return { p50Ms, p99Ms, maxMs }
}

/** Of our process. */
export const SERVER_FIGURES: readonly Figure[] = [
  {
    key: 'eventLoopP99Ms',
    title: 'event-loop delay, p99',
    unit: 'ms',
    better: 'less',
    goal: { atMost: LOOP_MS },
  },
  { key: 'rssMiB', title: 'memory', unit: 'MiB', better: 'less' },
]

/** Who adds and reads the messages. */
export const GENERATOR_FIGURE: Figure = {
  key: GENERATOR_SHARE,
  title: 'used by what sends and reads, at its busiest',
  unit: 'of a core',
  better: 'less',
}
