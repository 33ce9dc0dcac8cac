import { createCodecWork, rateOf } from '../codec/codec-work.ts'
import { firstWarmUpSeconds, warmUpSeconds } from '../load/warm-up.ts'
import type { Figure, Sample, Scenario } from '../report/scenario.ts'

/** Of one side once: nothing but this process is measured, so that longer says no more. */
const MAX_SECONDS = 1

/** Messages per second of CPU time of one core, so that other processes do not count. */
const FIGURES: readonly Figure[] = [
  {
    key: 'perSecond',
    title: 'messages, of CPU time',
    unit: '/s',
    better: 'more',
    against: 'thrift',
    goal: { atLeast: 6 },
  },
  {
    key: 'perSecondAlone',
    title: 'messages, of CPU time, alone',
    unit: '/s',
    better: 'more',
    goal: { atLeast: 1_500_000 },
  },
]

export const codecScenarios: readonly Scenario[] = [
  codecScenario('encode', 'encode a message of 200 bytes'),
  codecScenario('decode', 'decode a message of 200 bytes'),
]

function codecScenario(direction: 'encode' | 'decode', title: string): Scenario {
  return {
    id: `codec.${direction}`,
    title,
    isQuick: true,
    figures: FIGURES,
    async open(bench) {
      const { ours, thrift } = createCodecWork()[direction]
      const seconds = Math.min(bench.seconds, MAX_SECONDS)
      for (const work of [ours, thrift]) rateOf(work, firstWarmUpSeconds(seconds) * 1000)
      return {
        sides: { ours: async () => measure(ours, seconds), thrift: async () => measure(thrift, seconds) },
        [Symbol.asyncDispose]: async () => undefined,
      }
    },
  }
}

function measure(work: () => void, seconds: number): Sample {
  rateOf(work, warmUpSeconds(seconds) * 1000)
  const rate = rateOf(work, seconds * 1000)
  return { perSecond: rate, perSecondAlone: rate }
}
