import { kafkaMissing } from '@ddmq/testkit'
import { SESSION_MS, TakeoverPair } from '../delay/takeover.ts'
import type { Scenario } from '../report/scenario.ts'
import { SERVER_FIGURES } from './delay-figures.ts'

const BEYOND_SESSION_MS = 1000

/** What becomes due after the owner of a shard is gone. */
export const delayTakeover: Scenario = {
  id: 'delay.takeover',
  title: `kill −9 of a delay service, another follows its shard; Kafka with one broker, session timeout ${SESSION_MS / 1000} s`,
  isQuick: false,
  figures: [
    {
      key: 'seconds',
      title: 'from the kill to the first delivery that is due after it',
      unit: 's',
      better: 'less',
      goal: { atMost: (SESSION_MS + BEYOND_SESSION_MS) / 1000 },
    },
    ...SERVER_FIGURES,
  ],
  missing: kafkaMissing,
  async open(bench) {
    const pair = await TakeoverPair.start(bench)
    return {
      sides: {
        async ours() {
          const { tookMs, eventLoopP99Ms, rssMiB } = await pair.kill()
          return { seconds: tookMs / 1000, eventLoopP99Ms, rssMiB }
        },
      },
      [Symbol.asyncDispose]: () => pair[Symbol.asyncDispose](),
    }
  },
}
