import { kafkaMissing } from '@ddmq/testkit'
import { fullTable, measureRebuild } from '../delay/measure-rebuild.ts'
import type { Figure, Scenario } from '../report/scenario.ts'
import { SERVER_FIGURES } from './delay-figures.ts'

const FIGURES: readonly Figure[] = [
  {
    key: 'perSecond',
    title: 'taken in, from the first look at which there were some',
    unit: '/s',
    better: 'more',
    goal: { atLeast: 100_000 },
  },
  { key: 'seconds', title: 'from the start of the process to the last', unit: 's', better: 'less' },
  {
    key: 'cpuMicroseconds',
    title: 'CPU, start of the process included',
    unit: 'µs CPU/message',
    better: 'less',
  },
  ...SERVER_FIGURES,
]

const MESSAGES = 1_000_000

/** What is in the log already, into an index that is not there: as at a first start, or when its folder was lost. */
export const delayRebuild: Scenario = {
  id: 'delay.rebuild.1m',
  title: `Index of ${MESSAGES.toLocaleString('en-GB')} pending messages built from Kafka, 4 shards`,
  isQuick: false,
  figures: FIGURES,
  missing: kafkaMissing,
  async open(bench) {
    const kafka = await fullTable(MESSAGES)
    return {
      sides: { ours: async () => ({ ...(await measureRebuild(bench, kafka, MESSAGES)) }) },
      [Symbol.asyncDispose]: () => kafka[Symbol.asyncDispose](),
    }
  },
}
