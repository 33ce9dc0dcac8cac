import { findError } from '@ddmq/common/errors'
import { describe, expect, it } from 'vitest'
import { TestProxy } from './proxy-fixture.ts'

describe('configuration of the proxy', () => {
  it('PP-76 does not start without a document of its own, and says which one is missing', async () => {
    await using proxy = await TestProxy.prepare({ topics: [] })
    const failure = await proxy.service.start().catch((thrown: unknown) => thrown)
    const error = findError(failure, 'PRODUCER_PROXY_NODE_MISSING')
    expect(error?.message).toContain(`/pproxy/${proxy.instance}`)
  })

  it('PP-77 refuses a document that names a cluster it does not list, and keeps the old one', async () => {
    await using proxy = await TestProxy.start({ topics: [{ topic: 't' }] })
    const client = await proxy.connect()
    const carrera = { embeddedConfigurationMap: { elsewhere: { clusterName: 'elsewhere' } } }
    await expect(proxy.putNode({ carrera })).rejects.toThrow(/elsewhere/)
    expect(await client.sendSync({})).toMatchObject({ code: 0 })
  })

  it('PP-78 serves a topic that is added while it runs', async () => {
    await using proxy = await TestProxy.start({ topics: [] })
    const client = await proxy.connect()
    await proxy.cluster().admin.createTopic({ topic: 't', partitions: 1 })
    expect(await client.sendSync({})).toMatchObject({ code: 13 })
    await proxy.putTopic({ topic: 't' })
    await proxy.putNode({ topics: ['t'] })
    expect(await client.sendSync({})).toMatchObject({ code: 0 })
  })

  it('PP-78 serves a listed topic from the moment its document appears', async () => {
    await using proxy = await TestProxy.start({ topics: [] })
    const client = await proxy.connect()
    await proxy.cluster().admin.createTopic({ topic: 't', partitions: 1 })
    await proxy.putNode({ topics: ['t'] })
    expect(await client.sendSync({})).toMatchObject({ code: 13 })
    await proxy.putTopic({ topic: 't' })
    expect(await client.sendSync({})).toMatchObject({ code: 0 })
  })

  it('PP-79 answers 13 once the instance is taken out of the topic, or the topic out of the list', async () => {
    await using proxy = await TestProxy.start({ topics: [{ topic: 't' }, { topic: 'u' }] })
    const client = await proxy.connect()
    await proxy.putTopic({ topic: 't' }, '127.0.0.1:1')
    expect(await client.sendSync({})).toMatchObject({ code: 13 })
    await proxy.putNode({ topics: ['t'] })
    expect(await client.sendSync({ topic: 'u' })).toMatchObject({ code: 13 })
  })

  it('PP-80 goes on serving a topic whose document is deleted while it is listed', async () => {
    await using proxy = await TestProxy.start({ topics: [{ topic: 't' }] })
    const client = await proxy.connect()
    await proxy.registry.delete('topic', 't')
    await proxy.registry.delete('pproxy', proxy.instance)
    expect(await client.sendSync({})).toMatchObject({ code: 0 })
  })

  it('PP-83 listens on its own port, whatever the document says', async () => {
    await using proxy = await TestProxy.start({ topics: [{ topic: 't' }] })
    expect(proxy.port).not.toBe(9613)
    const client = await proxy.connect()
    expect(await client.sendSync({})).toMatchObject({ code: 0 })
  })

  it('PP-32 answers 21 for a cluster this process has no engine for', async () => {
    await using proxy = await TestProxy.start({ topics: [{ topic: 't' }] })
    const client = await proxy.connect()
    await proxy.putTopic({ topic: 't', clusters: ['elsewhere'] })
    expect(await client.sendSync({})).toMatchObject({ code: 21 })
    expect(await client.sendBatch([{}])).toMatchObject({ code: 21 })
  })

  it('PP-37 PP-38 chooses among two clusters by partition and by every hash', async () => {
    const clusters = ['A', 'B']
    await using proxy = await TestProxy.start({ clusters, topics: [{ topic: 't', clusters, maxTps: 1e6 }] })
    const client = await proxy.connect()
    expect(await client.sendSync({ partitionId: 3, body: 'three' })).toMatchObject({ code: 0 })
    expect(await proxy.bodies('t', 'B')).toEqual(['three'])
    const random = new BigInt64Array(crypto.getRandomValues(new BigInt64Array(1_000)))
    for (const hashId of random) expect((await client.sendSync({ hashId })).code).toBe(0)
    const counts = [await proxy.bodies('t', 'A'), await proxy.bodies('t', 'B')].map(bodies => bodies.length)
    expect(counts[0]).toBeGreaterThan(300)
    expect(counts[1]).toBeGreaterThan(300)
  })
})
