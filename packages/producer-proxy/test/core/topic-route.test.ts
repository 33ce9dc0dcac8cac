import { pproxyConfigSchema, topicConfigSchema } from '@ddmq/common/registry'
import { describe, expect, it } from 'vitest'
import { routeOf } from '../../src/core/topic-route.ts'
import { proxyDocument } from '../documents.ts'

const INSTANCE = '10.0.0.1:9613'

function topic(units: readonly object[], change: object = {}) {
  return topicConfigSchema.parse({ topic: 't', topicUnits: units, ...change })
}
function unit(brokerCluster: string, instance = INSTANCE, maxTps = 100) {
  return { brokerCluster, maxTps, proxies: { P_x: [instance] } }
}
function rocketmq(maxMessageSize: number) {
  return {
    namesrvAddrs: ['127.0.0.1:9876'],
    groupPrefix: 'g',
    sendMsgTimeout: 3000,
    compressMsgBodyOverHowmuch: 4096,
    retryTimesWhenSendFailed: 1,
    retryAnotherBrokerWhenNotStoreOK: false,
    maxMessageSize,
    clientCallbackExecutorThreads: 4,
    pollNameServerInterval: 2000,
    heartbeatBrokerInterval: 10_000,
    persistConsumerOffsetInterval: 5000,
  }
}

describe('route of a topic', () => {
  const proxy = pproxyConfigSchema.parse(proxyDocument({ instance: INSTANCE, topics: ['t'] }))

  it('PP-79 is none where no unit lists this instance', () => {
    expect(routeOf(topic([unit('A', 'other:1')]), INSTANCE, proxy)).toBeUndefined()
  })

  it('sorts the clusters by name and sums the limits of the units that are ours', () => {
    const route = routeOf(topic([unit('B'), unit('A'), unit('C', 'other:1')]), INSTANCE, proxy)
    expect(route).toMatchObject({ clusters: ['A', 'B'], maxTps: 200 })
  })

  it('PP-20 limits bodies by the smallest limit of its clusters, 2 MiB where none has one', () => {
    const limited = pproxyConfigSchema.parse(
      proxyDocument({
        instance: INSTANCE,
        carrera: {
          useRocketmq: true,
          rocketmqProducers: 1,
          rocketmqConfigurationMap: { A: rocketmq(2 ** 20), B: rocketmq(2 ** 21), C: rocketmq(1) },
        },
      }),
    )
    expect(routeOf(topic([unit('A'), unit('B')]), INSTANCE, limited)?.maxBodyBytes).toBe(2 ** 20)
    expect(routeOf(topic([unit('A'), unit('B')]), INSTANCE, proxy)?.maxBodyBytes).toBe(2_097_152)
    const mixed = pproxyConfigSchema.parse(
      proxyDocument({
        instance: INSTANCE,
        clusters: ['A', 'B'],
        carrera: {
          embeddedConfigurationMap: { A: { clusterName: 'A', maxMessageSize: 5 }, B: { clusterName: 'B' } },
        },
      }),
    )
    expect(routeOf(topic([unit('A'), unit('B')]), INSTANCE, mixed)?.maxBodyBytes).toBe(5)
  })
})
