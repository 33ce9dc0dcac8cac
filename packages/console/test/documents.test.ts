import { serializeDocument } from '@ddmq/common/registry'
import { describe, expect, test } from 'vitest'
import { groupDocument } from '../src/core/documents/group-document.ts'
import { brokerDocument, cproxyDocument } from '../src/core/documents/proxy-documents.ts'
import { topicDocument } from '../src/core/documents/topic-document.ts'
import { mixingProblem } from '../src/core/subscription-rules.ts'
import { topicConfProblems } from '../src/core/topic-rules.ts'
import { GROUP, inventoryWith, nodes, subscriptionOf, topicOf } from './support/inventory.ts'

describe('topic documents', () => {
  test('CO-14 three producer proxies share 1024 as 342 each', () => {
    const inventory = inventoryWith({ nodes: nodes('pproxy', 3) })

    expect(topicDocument(inventory, topicOf({}))?.topicUnits[0]).toMatchObject({
      maxTps: 342,
      totalMaxTps: 1024,
    })
  })

  test('CM-8 three producer proxies share 1000 as 334 each', () => {
    const inventory = inventoryWith({ nodes: nodes('pproxy', 3) })
    const confs = inventory.confs.map(conf => ({ ...conf, produceTps: 1000 }))

    expect(topicDocument({ ...inventory, confs }, topicOf({}))?.topicUnits[0]).toMatchObject({
      maxTps: 334,
      totalMaxTps: 1000,
    })
  })

  test('CO-13 the bytes of a topic are those of the original', () => {
    const document = topicDocument(inventoryWith(), topicOf({}))

    expect(document && serializeDocument('topic', document)).toBe(
      '{"autoBatch":false,"compressType":"PRIMORDIAL","delayTopic":false,"limiterFailureRetryInterval":-1,' +
        '"strongOrder":false,"topic":"orders","topicUnits":[{"brokerCluster":"R_default","maxTps":1024,' +
        '"proxies":{"P_ddmq":["10.0.0.1:9613"]},"totalMaxTps":1024}]}',
    )
  })

  test('CO-16 a delay topic says so in its document', () => {
    expect(topicDocument(inventoryWith(), topicOf({ delayTopic: true }))).toMatchObject({ delayTopic: true })
  })

  test('CO-53 a dangling unit or subscription is left out and the rest is published', () => {
    const inventory = inventoryWith({ groups: [GROUP], nodes: nodes('cproxy', 1) })
    const dangling = inventory.confs.map(conf => ({ ...conf, id: 2, mqServerId: 99 }))
    const confs = [...inventory.confs, ...dangling]
    const subscriptions = [subscriptionOf({}), subscriptionOf({ id: 2, topicId: 99 })]

    expect(topicDocument({ ...inventory, confs }, topicOf({}))?.topicUnits).toHaveLength(1)
    expect(groupDocument({ ...inventory, subscriptions }, GROUP)?.topics).toHaveLength(1)
  })
})

describe('group and proxy documents', () => {
  test('CO-21 the bytes of a pull group are those of the original', () => {
    const inventory = inventoryWith({
      groups: [{ ...GROUP, alarmEnabled: false }],
      nodes: nodes('cproxy', 1),
      subscriptions: [subscriptionOf({ retryIntervals: [50, 100, 150] })],
    })
    const [group] = inventory.groups
    const document = group && groupDocument(inventory, group)

    expect(document && serializeDocument('group', document)).toBe(
      '{"asyncThreads":8,"committedLagThreshold":10000,"delayRequestHandlerThreads":-1,"delayTimeThreshold":300000,' +
        '"enableAlarm":false,"group":"cg_a","topics":[{"actions":["Async","PullServer"],"brokerCluster":"R_default",' +
        '"committedLagThreshold":10000,"concurrency":1024,"delayTimeThreshold":300000,"enableAlarm":false,' +
        '"enabled":true,"fetchThreads":1,"httpMaxTps":-1.0,"httpMethod":"POST","maxConsumeLag":-1,' +
        '"maxPullBatchSize":8,"maxRetry":3,"maxTps":128.0,"pressureTraffic":false,' +
        '"proxies":{"C_ddmq":["10.0.0.1:9713"]},"retryIntervals":[50,100,150],"timeout":1000,"topic":"orders",' +
        '"totalMaxTps":128.0}]}',
    )
  })

  test('CO-25 a low-level subscription gets Async in front when it is published', () => {
    const inventory = inventoryWith({
      subscriptions: [subscriptionOf({ actions: ['LowLevel', 'PullServer'] })],
    })

    expect(groupDocument(inventory, GROUP)?.topics[0]?.actions).toEqual(['Async', 'LowLevel', 'PullServer'])
  })

  test('CO-33 CO-34 a consumer proxy lists exactly the groups with an enabled subscription', () => {
    const groups = [GROUP, { ...GROUP, id: 2, name: 'cg_b' }]
    const subscriptions = [subscriptionOf({}), subscriptionOf({ id: 2, groupId: 2, enabled: false })]
    const inventory = inventoryWith({ groups, subscriptions, nodes: nodes('cproxy', 1) })
    const [node] = inventory.nodes

    expect(node && cproxyDocument(inventory, node)?.groups).toEqual(['cg_a'])
  })

  test('a node with a port of its own keeps it, without a second one', () => {
    const inventory = inventoryWith({
      nodes: [{ id: 1, clusterId: 1, host: '10.0.0.1:9614', kind: 'pproxy', seeded: false }],
    })
    const [mqServer] = inventory.mqServers

    expect(mqServer && brokerDocument(inventory, mqServer).pproxies).toEqual({ P_ddmq: ['10.0.0.1:9614'] })
  })
})

describe('rules', () => {
  test('CO-12 two units in the same IDC are refused, no IDC counts as one', () => {
    const inventory = inventoryWith({
      clusters: [
        { id: 1, name: 'ddmq', description: '', idcId: 1, idc: 'default' },
        { id: 2, name: 'other', description: '', idcId: 1, idc: 'default' },
      ],
      relations: [1, 2].map(clusterId => ({
        clusterId,
        mqServerId: 1,
        kind: 'pproxy' as const,
        proxyConf: {},
      })),
    })
    const [first] = inventory.confs
    const second = { ...first!, clusterId: 2 }

    expect(topicConfProblems(inventory, [first!, second], 'oncePerCluster')).toEqual([
      { field: 'conf[1].serverIdcId', message: expect.stringContaining('same IDC') },
    ])
    expect(topicConfProblems(inventory, [first!, { ...second, serverIdcId: 5 }], 'oncePerCluster')).toEqual(
      [],
    )
  })

  test('CO-32 low level is not mixed with high level, nor HTTP with pull', () => {
    const enabled = subscriptionOf({})
    const inventory = inventoryWith({ subscriptions: [enabled] })
    const other = { id: 2, topicId: 2 }

    expect(mixingProblem(inventory, subscriptionOf({ ...other, apiType: 2 }))?.message).toContain('LowLevel')
    expect(mixingProblem(inventory, subscriptionOf({ ...other, consumeType: 2 }))?.message).toContain('Http')
    expect(mixingProblem(inventory, subscriptionOf(other))).toBeUndefined()
  })
})
