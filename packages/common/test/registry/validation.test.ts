import { groupConfigSchema, parseDocument, validateGroup } from '@ddmq/common/registry'
import { describe, expect, test } from 'vitest'
import * as original from './console-documents.ts'

const PULL = {
  topic: 't1',
  brokerCluster: 'R_default',
  enabled: true,
  totalMaxTps: 1,
  actions: ['Async', 'PullServer'],
}
const PUSH = { ...PULL, actions: ['Async', 'AsyncHttp'], urls: ['http://a/b'] }

function problems(group: object): readonly string[] {
  return validateGroup(groupConfigSchema.parse({ group: 'cg_x', ...group }))
}

function subscriptionProblems(...topics: object[]): readonly string[] {
  return problems({ topics })
}

describe('group documents', () => {
  test('CM-10 a name with a space or 256 characters is refused, %RETRY%a|b is accepted', () => {
    expect(problems({ group: 'a b' })).toEqual([
      '[GroupConfig] group must consist of letters, digits, %, |, _ and -, group=a b',
    ])
    expect(problems({ group: 'g'.repeat(256) })[0]).toMatch(
      /^\[GroupConfig] group must not be longer than 255 characters, group=g+$/,
    )
    expect(problems({ group: '%RETRY%a|b' })).toEqual([])
    expect(problems({ group: 'g'.repeat(255) })).toEqual([])
  })

  test('CM-11 enabled subscriptions are all low-level or none; a disabled one does not count', () => {
    const low = { ...PULL, actions: ['Async', 'LowLevel', 'PullServer'] }

    expect(subscriptionProblems(low, PULL)).toEqual([
      '[GroupConfig] One group can not mix low-level and non-low-level topics., group=cg_x',
    ])
    expect(subscriptionProblems(low, { ...PULL, enabled: false })).toEqual([])
  })

  test.each([
    ['urls', { urls: [] }],
    ['urls', { urls: ['ftp://a'] }],
    ['urls', { urls: ['http://'] }],
    ['timeout', { timeout: 0 }],
    ['httpMethod', { httpMethod: 'PUT' }],
  ])('CM-12 an HTTP push with bad %s is refused with a message naming the field: %j', (field, change) => {
    const [problem, ...others] = subscriptionProblems({ ...PUSH, ...change })

    expect(problem).toMatch(
      new RegExp(`^\\[UpstreamTopic] ${field} .*, topic=t1, brokerCluster=R_default, group=cg_x$`),
    )
    expect(others).toEqual([])
  })

  test('CM-12 https and any case of the method are accepted', () => {
    expect(subscriptionProblems({ ...PUSH, urls: ['https://a/b'], httpMethod: 'get' })).toEqual([])
  })

  test('CM-13 a chain that ends with Transit is refused as invalid last action', () => {
    const chain = { ...PULL, actions: ['Async', 'Transit'], transit: { a: 'b' } }

    expect(subscriptionProblems(chain)[0]).toContain(
      'actions must not end with Transit: it is an invalid last action',
    )
  })

  test.each([
    ['brokerCluster', { brokerCluster: '' }],
    ['topic', { topic: '' }],
    ['actions', { actions: [] }],
    ['actions', { actions: ['Fly', 'PullServer'] }],
    ['totalMaxTps', { totalMaxTps: 0 }],
    ['concurrency', { concurrency: 0 }],
    ['fetchThreads', { fetchThreads: 0 }],
    ['maxPullBatchSize', { maxPullBatchSize: 0 }],
    ['orderKey', { orderKey: 'a b' }],
    ['transit', { actions: ['Transit', 'PullServer'] }],
    ['transit', { actions: ['Transit', 'PullServer'], transit: { a: '' } }],
    ['queryParams', { actions: ['QueryParams', 'PullServer'], queryParams: { a: ' ' } }],
    ['groovyScript', { actions: ['Groovy', 'PullServer'] }],
    ['hdfsConfiguration', { actions: ['Hdfs'] }],
    ['hbaseconfiguration', { actions: ['Hbase'] }],
  ])('an enabled subscription with bad %s is refused: %j', (field, change) => {
    expect(subscriptionProblems({ ...PULL, ...change })).toEqual([
      expect.stringMatching(new RegExp(`^\\[UpstreamTopic] ${field}.*, group=cg_x$`)),
    ])
  })

  test('a disabled subscription is not judged, and every problem of an enabled one is told', () => {
    expect(subscriptionProblems({ enabled: false })).toEqual([])
    expect(subscriptionProblems({ enabled: true })).toHaveLength(4)
  })

  test('group fields have limits of their own', () => {
    const group = {
      asyncThreads: 0,
      delayTimeThreshold: -1,
      committedLagThreshold: -1,
      redisConfig: { hosts: [], timeout: -1 },
    }

    expect(problems(group)).toEqual(
      [
        'asyncThreads must be greater than 0',
        'delayTimeThreshold must not be negative',
        'committedLagThreshold must not be negative',
        'redisConfig.hosts must not be empty',
        'redisConfig.timeout must not be negative',
      ].map(problem => `[GroupConfig] ${problem}, group=cg_x`),
    )
  })
})

function pproxy(change: (carrera: Record<string, unknown>) => void): () => unknown {
  const document = JSON.parse(original.PPROXY)
  change(document.carreraConfiguration)
  return () => parseDocument('pproxy', '127.0.0.1:9613', JSON.stringify(document))
}

describe('proxy documents', () => {
  test('CM-14 an engine entry for a cluster that is not in brokerClusters is refused', () => {
    const renamed = pproxy(carrera => {
      carrera['rocketmqConfigurationMap'] = {
        R_other: (carrera['rocketmqConfigurationMap'] as Record<string, unknown>)['R_default'],
      }
    })

    expect(renamed).toThrow('rocketmqConfigurationMap names R_other, which is not in brokerClusters')
  })

  test.each([
    ['one of useRocketmq, useKafka', { useRocketmq: false }],
    ['rocketmqProducers must be greater than 0', { rocketmqProducers: 0 }],
    ['rocketmqConfigurationMap must not be empty', { rocketmqConfigurationMap: {} }],
    ['kafkaConfigurationMap must not be empty', { useKafka: true }],
    ['autoBatch must be present', { autoBatch: null }],
    ['carreraConfiguration.maxTps', { maxTps: 0 }],
    ['carreraConfiguration.retryDelays', { retryDelays: [] }],
    ['carreraConfiguration.thriftServer.backlog', { thriftServer: {} }],
  ])('a producer proxy document is refused because %s', (reason, change) => {
    expect(pproxy(carrera => void Object.assign(carrera, change))).toThrow(reason)
  })

  test('a producer proxy on the embedded engine needs no other', () => {
    const embedded = {
      useRocketmq: false,
      rocketmqConfigurationMap: null,
      embeddedConfigurationMap: { R_default: { clusterName: 'R_default' } },
    }

    expect(pproxy(carrera => void Object.assign(carrera, embedded))).not.toThrow()
  })

  test('CM-15 a consumer proxy entry without pullBatchSize is a clean error naming the field', () => {
    const document = JSON.parse(original.CPROXY)
    delete document.rocketmqConfigs.R_default.pullBatchSize

    expect(() => parseDocument('cproxy', '127.0.0.1:9713', JSON.stringify(document))).toThrow(
      'rocketmqConfigs.R_default.pullBatchSize',
    )
  })

  test('a consumer proxy document needs one engine map', () => {
    const document = JSON.parse(original.CPROXY)
    delete document.rocketmqConfigs
    delete document.kafkaConfigs

    expect(() => parseDocument('cproxy', '127.0.0.1:9713', JSON.stringify(document))).toThrow(
      'one of kafkaConfigs, rocketmqConfigs, embeddedConfigs must be present',
    )
  })
})
