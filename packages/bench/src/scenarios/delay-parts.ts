import { EMBEDDED_BODY_BYTES } from '../delay/embedded-delays.ts'
import { type FiringParts, measureFiringParts } from '../delay/firing-parts.ts'
import type { Bench, Figure, Scenario } from '../report/scenario.ts'

/** Due at once. */
const MESSAGES = 20_000

const FIGURES: readonly Figure[] = [
  { key: 'sliceMs', title: '1,000 due messages out of the index', unit: 'ms', better: 'less' },
  { key: 'commitMs', title: 'their 3,000 records into the log', unit: 'ms', better: 'less' },
  { key: 'readMs', title: '2,000 of them read back', unit: 'ms', better: 'less' },
  { key: 'applyMs', title: 'those into the index', unit: 'ms', better: 'less' },
  { key: 'perSecond', title: 'all of these, one after another', unit: '/s', better: 'more' },
]

/** Steps of firing without the delay service, on an embedded log and an index of one process. */
export const delayParts: Scenario = {
  id: 'delay.embedded.parts',
  title: 'Parts of firing delayed messages of 200 B, one shard on an embedded log',
  isQuick: false,
  figures: FIGURES,
  open: async bench => ({
    sides: {
      async ours() {
        const parts = await measureParts(bench)
        return { ...parts, perSecond: perSecondOf(parts) }
      },
    },
    async [Symbol.asyncDispose]() {},
  }),
}

export function measureParts({ dir }: Bench): Promise<FiringParts> {
  return measureFiringParts(dir, { messages: MESSAGES, bodyBytes: EMBEDDED_BODY_BYTES })
}

/** Messages per second if nothing ran beside anything else. */
export function perSecondOf({ sliceMs, commitMs, readMs, applyMs }: FiringParts): number {
  return 1e6 / (sliceMs + commitMs + readMs + applyMs)
}
