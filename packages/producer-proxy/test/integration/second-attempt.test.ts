import { StorageError } from '@ddmq/storage'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { GatedCluster } from './gated-cluster.ts'
import { type TestClient, TestProxy } from './proxy-fixture.ts'

const PARTITIONS = ['0', '1', '2', '3']
/** Leaves partition and cluster open. */
const ANYWHERE = { partitionId: -2 }

describe('a storage that does not answer in time', () => {
  let proxy: TestProxy
  let client: TestClient
  let cluster: GatedCluster
  beforeAll(async () => {
    const strong = { topic: 'strong', change: { strongOrder: true } }
    proxy = await TestProxy.start({ topics: [{ topic: 't' }, strong, { topic: 'single', partitions: 1 }] })
    client = await proxy.connect()
    cluster = proxy.cluster()
  })
  afterAll(() => proxy[Symbol.asyncDispose]())
  afterEach(() => {
    cluster.open()
    cluster.fail(() => undefined)
    cluster.onArrival = () => undefined
    cluster.arrived.length = 0
  })

  it('PP-25 answers 12 after two attempts at different leaders to a message that left its partition open', async () => {
    cluster.shutPartitions(...PARTITIONS)
    expect(await client.sendSync(ANYWHERE, 100)).toMatchObject({ code: 12, msg: 'FAILED: Send timeout' })
    expect(new Set(cluster.arrived).size).toBe(2)
    expect(cluster.arrived).toHaveLength(2)
  })

  it.each([{ partitionId: 2 }, { partitionId: -1, hashId: 6 }])(
    'PP-25 keeps the partition of %o: 12 after one attempt, which the engine may repeat',
    async place => {
      cluster.shutPartitions(...PARTITIONS)
      expect(await client.sendSync(place, 100)).toMatchObject({ code: 12 })
      expect(cluster.arrived).toEqual(['2'])
    },
  )

  it('PP-25 has no second attempt where there is no other leader', async () => {
    cluster.shutPartitions('0')
    expect(await client.sendSync({ ...ANYWHERE, topic: 'single' }, 100)).toMatchObject({ code: 12 })
    expect(cluster.arrived).toEqual(['0'])
  })

  it('PP-26 answers 12 after one attempt to a topic of strong order, wherever the message may go', async () => {
    cluster.shutPartitions(...PARTITIONS)
    expect(await client.sendSync({ ...ANYWHERE, topic: 'strong' }, 100)).toMatchObject({ code: 12 })
    expect(cluster.arrived).toHaveLength(1)
  })

  it('PP-27 answers 0, once, when the first attempt is acknowledged after the second began', async () => {
    cluster.shutPartitions(...PARTITIONS)
    cluster.onArrival = () => {
      const [first, second] = cluster.arrived
      if (first !== undefined && second !== undefined) cluster.openPartition(first)
    }
    expect(await client.sendSync({ ...ANYWHERE, body: 'late' }, 100)).toMatchObject({ code: 0 })
    expect(cluster.arrived).toHaveLength(2)
    cluster.open()
    // A second reply would be taken for the reply to this.
    expect(await client.sendSync({ topic: 'unknown' })).toMatchObject({ code: 13 })
  })

  it('PP-27 answers 0 when the second attempt is acknowledged and the first never is', async () => {
    cluster.shutPartitions(...PARTITIONS)
    cluster.onArrival = first => {
      for (const partition of PARTITIONS) if (partition !== first) cluster.openPartition(partition)
      cluster.onArrival = () => undefined
    }
    expect(await client.sendSync(ANYWHERE, 100)).toMatchObject({ code: 0 })
    const labels = { topic: 't' }
    expect(await proxy.metric('ddmq_producer_proxy_second_attempts_total', labels)).toBeGreaterThan(0)
  })

  it('PP-30 goes elsewhere at once when a leader says that nothing was stored, and answers 10 when nobody takes it', async () => {
    let refusing = ''
    cluster.onArrival = partition => {
      refusing ||= partition
    }
    cluster.fail(({ partition }) =>
      partition === refusing ? new StorageError('unavailable', 'busy') : undefined,
    )
    expect(await client.sendSync(ANYWHERE, 5_000)).toMatchObject({ code: 0 })
    expect(new Set(cluster.arrived).size).toBe(2)
    cluster.fail(() => new StorageError('unavailable', 'busy'))
    expect(await client.sendSync(ANYWHERE, 5_000)).toMatchObject({ code: 10 })
    expect(cluster.arrived).toHaveLength(4)
  })

  it('answers 12, not 10, when the first attempt may be stored and the second was refused', async () => {
    cluster.shutPartitions(...PARTITIONS)
    const arrived: string[] = []
    cluster.onArrival = partition => {
      arrived.push(partition)
      if (arrived.length === 2) cluster.openPartition(partition)
    }
    cluster.fail(({ partition }) =>
      partition === arrived[1] ? new StorageError('unavailable', 'busy') : undefined,
    )
    expect(await client.sendSync(ANYWHERE, 100)).toMatchObject({ code: 12 })
  })

  it('does not repeat a message that is answered for good', async () => {
    cluster.fail(() => new StorageError('tooLarge', 'too large for the broker'))
    expect(await client.sendSync(ANYWHERE)).toMatchObject({ code: 11 })
    expect(cluster.arrived).toHaveLength(1)
  })
})
