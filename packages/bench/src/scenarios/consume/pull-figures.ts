import type { Figure } from '../../report/scenario.ts'
import { wordsOf } from '../send-load.ts'

/** CPU µs per message of the original proxy on Kafka 3.9. */
const JAVA_PROXY: Readonly<Record<string, number>> = {
  '4x200': 16.4,
  '16x200': 19.4,
  '64x200': 21.9,
  '16x1024': 23.8,
}

export function pullFigures(name: string): readonly Figure[] {
  const of = wordsOf(name)
  const java = JAVA_PROXY[name]
  const beside = { against: 'bare', better: 'less' } as const
  return [
    {
      key: `${name}.perSecond`,
      title: `${of}: messages, beside a bare server with a constant reply`,
      unit: '/s',
      better: 'more',
      against: 'bare',
    },
    { ...beside, key: `${name}.p50Ms`, title: `${of}: p50 of a pull, beside the bare server`, unit: 'ms' },
    { ...beside, key: `${name}.p99Ms`, title: `${of}: p99 of a pull, beside the bare server`, unit: 'ms' },
    {
      ...beside,
      key: `${name}.cpuMicroseconds`,
      title: `${of}: CPU of the process, beside that of the bare server`,
      unit: 'µs CPU/message',
      // No goal: that of the issue is 0.5 × what another machine measured, which decides nothing here.
      ...(java !== undefined && {
        elsewhere: `the Java proxy: ${java} µs (measured 2026-11-23 elsewhere, not this run)`,
      }),
    },
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
