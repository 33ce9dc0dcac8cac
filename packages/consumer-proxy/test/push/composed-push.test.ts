import { ByteBudget } from '@ddmq/common/async'
import { systemClock } from '@ddmq/common/clock'
import { createLogger } from '@ddmq/common/log'
import { MetricsRegistry } from '@ddmq/common/metrics'
import { EmbeddedRegistry } from '@ddmq/common/registry'
import { sharedClusters } from '@ddmq/storage'
import { eventually, freePort, tempDir } from '@ddmq/testkit'
import { expect, test } from 'vitest'
import { composeConsumerProxy } from '../../src/compose.ts'
import { consumerProxyConfigSchema } from '../../src/config.ts'
import { groupDocument, groupFixture, PROXY } from '../app/group-fixture.ts'
import { Receiver } from './receiver.ts'

test('CP-39 CP-47 a composed proxy pushes what its documents say, with its own rules for callbacks', async () => {
  await using fixture = await groupFixture()
  await using dir = await tempDir()
  await using own = await Receiver.start()
  await using callback = await Receiver.start()
  await fixture.cluster.admin.createTopic({ topic: 'orders', partitions: 1 })
  const log = createLogger({ level: 'silent', pretty: false })
  const registry = new EmbeddedRegistry({ dir: dir.path, log })
  await registry.start()
  const port = await freePort()
  const instance = `127.0.0.1:${port}`
  await registry.put('cproxy', instance, { ...PROXY, instance, groups: ['g'] })
  const settings = {
    topic: 'orders',
    actions: ['Async', 'FormParams', 'AsyncHttp'],
    urls: [own.origin],
    proxies: { C_default: [instance] },
    maxTps: 1000,
  }
  await registry.put('group', 'g', groupDocument('g', settings))
  const components = composeConsumerProxy(consumerProxyConfigSchema.parse({ port }), {
    clock: systemClock,
    log,
    registry,
    connector: sharedClusters([fixture.cluster]),
    metrics: new MetricsRegistry(),
    budget: new ByteBudget(64 * 1024 * 1024),
  })
  for (const component of components) await component.start(new AbortController().signal)

  const property = (host: string) => [
    { name: 'carrera_http_callback_url', value: Buffer.from(callback.origin.replace('127.0.0.1', host)) },
  ]
  await fixture.append('orders', '0', ['plain'])
  await fixture.append('orders', '0', ['to callback'], property('127.0.0.1'))
  await fixture.append('orders', '0', ['to elsewhere'], property('127.0.0.2'))

  await eventually(() => expect([own.requests.length, callback.requests.length]).toEqual([1, 1]))
  expect(own.requests[0]?.body).toBe('params=plain&carrera_req_cnt=0')
  expect(callback.requests[0]?.body).toBe('params=to+callback&carrera_req_cnt=0')
  await eventually(async () => {
    expect(await fixture.cluster.admin.listTopics()).toContain('ddmq.dead.g')
  })
  for (const component of components.toReversed()) await component.stop(AbortSignal.timeout(5000))
  await registry.stop()
  const [lag] = await fixture.cluster.admin.lag('g', 'orders')
  expect(lag?.committedOffset).toBe(3)
})
