import { systemClock } from '@ddmq/common/clock'
import { eventually, testLogger } from '@ddmq/testkit'
import { expect, test } from 'vitest'
import { AssignmentCalls } from '../src/assignment-calls.ts'

const at = (partition: string) => ({ topic: 't', partition })

test('a listener that drains hears nothing of partitions that were assigned and lost meanwhile', async () => {
  const drained = Promise.withResolvers<void>()
  const heard: string[] = []
  const calls = new AssignmentCalls(
    {
      assigned: async partitions =>
        void heard.push(`assigned ${partitions.map(({ partition }) => partition).join()}`),
      revoked: () => drained.promise,
      lost: partitions => void heard.push(`lost ${partitions.map(({ partition }) => partition).join()}`),
    },
    { clock: systemClock, log: testLogger().log },
  )

  const revoked = calls.revoked([at('1')], 20_000)
  calls.assigned([
    { ...at('2'), committed: undefined },
    { ...at('3'), committed: undefined },
  ])
  calls.lost([at('1'), at('2')])
  drained.resolve()
  await revoked

  await eventually(() => expect(heard).toEqual(['lost 1,2', 'assigned 3']))
})
