import { consumerService } from '@ddmq/common/idl'
import { expect, test } from 'vitest'
import { runConsume } from '../src/index.ts'
import { loadSample } from '../src/load/load-sample.ts'
import { SeenOffsets } from '../src/load/seen-offsets.ts'
import { spawnServer } from '../src/servers/spawned-server.ts'
import { startFake } from './fake-server.ts'

test('a consume run against the bare server gets 32 messages with each pull and ends with as many as were asked for', async () => {
  await using peer = await spawnServer('peers/constant-consumer.ts', ['200'])
  const ids: string[] = []

  const report = await runConsume({
    addresses: [peer.address],
    group: 'cg_load',
    connections: 2,
    seconds: 60,
    messages: 100 * 32,
    acknowledged: id => ids.push(id),
  })

  expect(report.errors).toEqual({})
  expect(report.messages % 32).toBe(0)
  expect([100 * 32, 101 * 32]).toContain(report.messages)
  expect(ids).toHaveLength(report.messages)
})

test('messages that came before are errors where somebody looks, and what they add up to is no sample', async () => {
  await using peer = await spawnServer('peers/constant-consumer.ts', ['200'])
  const target = { addresses: [peer.address], group: 'cg_load', connections: 1, seconds: 60 }

  const report = await runConsume({ ...target, messages: 3 * 32, seen: new SeenOffsets() })

  expect(report.errors).toEqual({ duplicate: 2 * 32 })
  expect(() => loadSample(report)).toThrow('of a load run failed, by code: duplicate × 64')
})

test('messages whose acknowledgement is not taken are errors and do not count', async () => {
  const address = await startConsumer({ isTaken: false, offsets: [7] })

  const report = await runConsume({ addresses: [address], group: 'cg', connections: 1, seconds: 0.2 })

  expect(report.messages).toBe(0)
  expect(Object.keys(report.errors)).toEqual(['BENCH_NOT_ACKNOWLEDGED'])
})

test('a run that pulled nothing is no sample', async () => {
  const address = await startConsumer({ isTaken: true, offsets: [] })

  const report = await runConsume({ addresses: [address], group: 'cg', connections: 1, seconds: 0.1 })

  expect(report.errors).toEqual({})
  expect(() => loadSample(report)).toThrow('a load run got nothing done')
})

test('offsets are seen once in each partition, far ones too', () => {
  const seen = new SeenOffsets()

  const first = [0, 5, 65_535, 65_536, 1_000_000].map(offset => seen.add('a', offset))
  const again = [0, 5, 65_535, 65_536, 1_000_000].map(offset => seen.add('a', offset))

  expect(first).toEqual([true, true, true, true, true])
  expect(again).toEqual([false, false, false, false, false])
  expect(seen.add('a', 6)).toBe(true)
  expect(seen.add('b', 5)).toBe(true)
})

/** A consumer proxy that always has these messages. */
function startConsumer({
  isTaken,
  offsets,
}: {
  readonly isTaken: boolean
  readonly offsets: readonly number[]
}): Promise<{ readonly host: string; readonly port: number }> {
  const messages = offsets.map(offset => ({
    key: 'k',
    value: Buffer.from('v'),
    tag: '',
    offset,
    properties: undefined,
  }))
  return startFake(
    { pull: consumerService.pull, submit: consumerService.submit },
    {
      pull: () => ({ context: { groupId: 'cg', topic: 'load', qid: 'main_0' }, messages }),
      submit: () => isTaken,
    },
  )
}
