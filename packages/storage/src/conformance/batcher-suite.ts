import { ByteBudget } from '@ddmq/common/async'
import { systemClock } from '@ddmq/common/clock'
import { expect, test } from 'vitest'
import { AppendBatcher } from '../append-batcher.ts'
import { CALL, newTopic, readAll, record, texts } from './fixture.ts'
import type { SuiteContext } from './harness.ts'

export function batcherSuite(context: SuiteContext): void {
  test('the batcher answers each record with its own offset and keeps the order per partition', async () => {
    const topic = await newTopic(context.cluster, { partitions: 3 })
    const budget = new ByteBudget(100_000_000)
    const batcher = new AppendBatcher({ cluster: context.cluster, clock: systemClock, budget })
    const names = Array.from({ length: 600 }, (_, index) => String(index))

    const offsets = await Promise.all(
      names.map((name, index) => batcher.append(topic, String(index % 3), record(name), CALL)),
    )

    expect(offsets).toEqual(names.map((_, index) => Math.floor(index / 3)))
    for (const partition of ['0', '1', '2']) {
      const expected = names.filter((_, index) => index % 3 === Number(partition))
      expect(texts(await readAll(context.cluster, topic, partition))).toEqual(expected)
    }
    await batcher.stop(AbortSignal.timeout(CALL.deadlineMs))
    expect(budget.usedBytes).toBe(0)
  })
}
