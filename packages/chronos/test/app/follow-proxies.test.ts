import { EmbeddedRegistry } from '@ddmq/common/registry'
import { eventually, FakeClock, tempDir, testLogger } from '@ddmq/testkit'
import { expect, onTestFinished, test } from 'vitest'
import { FollowProxies } from '../../src/app/follow-proxies.ts'
import type { WantedCluster } from '../../src/core/wanted-tables.ts'
import { kafkaEntry, proxyDocument } from '../proxy-document.ts'

const EMBEDDED = {
  delay: { innerTopicNum: 4, chronosInnerTopicPrefix: 'inner_' },
  embeddedConfigurationMap: { R_a: { clusterName: 'R_a' } },
}
const KAFKA = {
  delay: { innerTopicNum: 4, chronosInnerTopicPrefix: 'other_' },
  useKafka: true,
  kafkaConfigurationMap: { K_b: kafkaEntry(['k1:9092']) },
}

async function following() {
  const dir = await tempDir()
  const registry = new EmbeddedRegistry({ dir: dir.path, log: testLogger().log })
  await registry.start()
  const clock = new FakeClock()
  let wanted: ReadonlyMap<string, WantedCluster> = new Map()
  const follow = new FollowProxies({
    registry,
    clock,
    log: testLogger().log,
    onChange: now => {
      wanted = now
    },
  })
  await follow.start()
  onTestFinished(async () => {
    await follow.stop()
    await registry.stop()
    await dir[Symbol.asyncDispose]()
  })
  return { registry, clock, wanted: () => Object.fromEntries(wanted) }
}

test('every cluster that some producer proxy stores to is wanted, with the prefix of its document, from when it is known', async () => {
  const { registry, clock, wanted } = await following()
  await registry.put('pproxy', '127.0.0.1:1', proxyDocument('127.0.0.1:1', 'R_a', EMBEDDED))
  await registry.put('pproxy', '127.0.0.1:2', proxyDocument('127.0.0.1:2', 'K_b', KAFKA))
  await clock.advance(2000)

  await eventually(() =>
    expect(wanted()).toEqual({
      R_a: { entry: { engine: 'embedded' }, prefixes: new Set(['inner_']) },
      K_b: { entry: { engine: 'kafka', bootstrapServers: ['k1:9092'] }, prefixes: new Set(['other_']) },
    }),
  )
})

test('a cluster that moves is wanted at its new address, and two prefixes of one cluster are two tables', async () => {
  const { registry, clock, wanted } = await following()
  await registry.put('pproxy', '127.0.0.1:2', proxyDocument('127.0.0.1:2', 'K_b', KAFKA))
  await clock.advance(2000)
  const moved = { ...KAFKA, kafkaConfigurationMap: { K_b: kafkaEntry(['k2:9092']) } }
  await registry.put('pproxy', '127.0.0.1:2', proxyDocument('127.0.0.1:2', 'K_b', moved))
  const delay = { innerTopicNum: 1, chronosInnerTopicPrefix: 'second_' }
  await registry.put('pproxy', '127.0.0.1:3', proxyDocument('127.0.0.1:3', 'K_b', { ...moved, delay }))
  await clock.advance(2000)

  await eventually(() =>
    expect(wanted()).toEqual({
      K_b: {
        entry: { engine: 'kafka', bootstrapServers: ['k2:9092'] },
        prefixes: new Set(['other_', 'second_']),
      },
    }),
  )
})

test('a proxy that goes takes its clusters with it, but the last one leaves what was known', async () => {
  const { registry, clock, wanted } = await following()
  await registry.put('pproxy', '127.0.0.1:1', proxyDocument('127.0.0.1:1', 'R_a', EMBEDDED))
  await registry.put('pproxy', '127.0.0.1:2', proxyDocument('127.0.0.1:2', 'K_b', KAFKA))
  await clock.advance(2000)
  await registry.delete('pproxy', '127.0.0.1:2')
  await clock.advance(2000)
  await eventually(() => expect(Object.keys(wanted())).toEqual(['R_a']))

  await registry.delete('pproxy', '127.0.0.1:1')
  await clock.advance(2000)

  expect(Object.keys(wanted())).toEqual(['R_a'])
})
