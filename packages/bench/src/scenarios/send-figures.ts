import type { Figure } from '../report/scenario.ts'
import { wordsOf } from './send-load.ts'

/** Keys of the figures that the original proxy was measured by, too. */
type ElsewhereKey = 'perSecond' | 'p50Ms' | 'p99Ms' | 'cpuMicroseconds'

/** Beside the bare trial, in one case: at least 70 % of its rate with at most 1.4 × its CPU. */
export function besideTrial(
  name: string,
  elsewhere: Partial<Readonly<Record<ElsewhereKey, string>>> = {},
): readonly Figure[] {
  const of = wordsOf(name)
  const figure = (key: ElsewhereKey) => ({
    key: `${name}.${key}`,
    against: 'trial',
    ...(elsewhere[key] !== undefined && { elsewhere: elsewhere[key] }),
  })
  const latency = { unit: 'ms', better: 'less' } as const
  return [
    {
      ...figure('perSecond'),
      title: `${of}: messages, beside a bare trial`,
      unit: '/s',
      better: 'more',
      goal: { atLeast: 0.7 },
    },
    { ...figure('p50Ms'), ...latency, title: `${of}: p50, beside the trial` },
    { ...figure('p99Ms'), ...latency, title: `${of}: p99, beside the trial` },
    {
      ...figure('cpuMicroseconds'),
      title: `${of}: CPU of the process, beside that of the trial`,
      unit: 'µs CPU/message',
      better: 'less',
      goal: { atMost: 1.4 },
    },
  ]
}

/** What stands alone in every case: goals that hold whatever the peers do. */
export function figuresOfServer(name: string): readonly Figure[] {
  const of = wordsOf(name)
  return [
    {
      key: `${name}.eventLoopP99Ms`,
      title: `${of}: event-loop delay p99`,
      unit: 'ms',
      better: 'less',
      goal: { atMost: 20 },
    },
    { key: `${name}.rssMiB`, title: `${of}: memory`, unit: 'MiB', better: 'less' },
    { key: `${name}.generatorCpuShare`, title: `${of}: load generator`, unit: 'of a core', better: 'less' },
  ]
}
