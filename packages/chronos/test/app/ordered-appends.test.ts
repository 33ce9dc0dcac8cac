import { type Append, type LogCluster, StorageError } from '@ddmq/storage'
import { FakeClock } from '@ddmq/testkit'
import { expect, test } from 'vitest'
import { OrderedAppends } from '../../src/app/ordered-appends.ts'

const TABLE = 'table'
const DEADLINE_MS = 5_000

/** Each append takes so long, and is withdrawn where its deadline comes first, as the log promises. */
function slowLog(
  clock: FakeClock,
  tookMs: number,
): Pick<LogCluster, 'append'> & { readonly stored: string[] } {
  const stored: string[] = []
  return {
    stored,
    append: async (appends, { deadlineMs }) => {
      await clock.advance(Math.min(tookMs, deadlineMs))
      return appends.map(({ topic }) => {
        if (deadlineMs < tookMs) return { error: new StorageError('retriable', 'not sent in time') }
        return { baseOffset: stored.push(topic) - 1 }
      })
    },
  }
}

function appendTo(topic: string): Append {
  const record = { key: null, value: Buffer.from('x'), headers: [], timestampMs: 0 }
  return { topic, partition: '0', records: [record] }
}

test('I9 the table is told what was delivered, however long its turn took to come', async () => {
  const clock = new FakeClock()
  const cluster = slowLog(clock, 4_000)
  const transactor = new OrderedAppends('t', { cluster, topic: TABLE })

  const offsets = await transactor.commit([appendTo('a')], {
    deadlineMs: DEADLINE_MS,
    last: [appendTo(TABLE), appendTo(TABLE)],
    beforeLast: () => clock.advance(DEADLINE_MS + 200),
  })

  expect(offsets).toEqual([0, 1, 2])
  expect(cluster.stored).toEqual(['a', TABLE, TABLE])
})
