import { DELAY_TYPES } from '@ddmq/common/delay'
import { expect, test } from 'vitest'
import { ChronosService } from './chronos-service.ts'
import type { MessageSpec } from './messages.ts'
import { play } from './search.ts'

const ONCE: MessageSpec = {
  topic: 'later-1',
  shard: 0,
  dueMs: 0,
  type: DELAY_TYPES.once,
  times: 1,
  intervalSeconds: 1,
  expireSeconds: 1,
}
const SEEDS = [3, 4, 6, 7]

test.each(SEEDS)(
  'I5 I8 an owner that does not know yet that it lost its session delivers nothing for a topic in trouble (world %i)',
  async seed => {
    const problems = await play(new ChronosService(), {
      seed,
      deck: [{ ...ONCE, dueMs: 17_000 }, ONCE, { ...ONCE, topic: 'later-0', shard: 1, dueMs: 12_449 }],
      actions: [
        { do: 'advance', ms: 9700 },
        { do: 'restart', instance: 'c', disk: 'older' },
        { do: 'advance', ms: 4216 },
        { do: 'add', message: 0 },
        { do: 'add', message: 1 },
        { do: 'loseSession', instance: 'c', toldAfterMs: 3871 },
        { do: 'refuse', topic: 'later-1', kind: 'tooLarge' },
        { do: 'advance', ms: 3879 },
      ],
    })

    expect(problems).toBeUndefined()
  },
)
