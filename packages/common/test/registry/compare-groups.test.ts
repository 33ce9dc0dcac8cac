import {
  compareGroups,
  type GroupConfig,
  groupConfigSchema,
  type SubscriptionChange,
} from '@ddmq/common/registry'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

const SUBSCRIPTION = {
  topic: 't1',
  brokerCluster: 'R_default',
  enabled: true,
  actions: ['Async', 'PullServer'],
  hdfsConfiguration: { rootPath: '/a' },
}

function group(topics: readonly object[], rest: object = {}): GroupConfig {
  return groupConfigSchema.parse({ group: 'cg_x', topics, ...rest })
}

function change(before: object, after: object, rest: object = {}): SubscriptionChange | undefined {
  const old = group([{ ...SUBSCRIPTION, ...before }])
  return compareGroups(old, group([{ ...SUBSCRIPTION, ...after }], rest))[0]?.change
}

describe('CM-24 comparing two versions of a group', () => {
  test('an identical document is the same, also with nested settings', () => {
    expect(change({}, structuredClone({}))).toBe('same')
  })

  test.each([
    { proxies: { C_ddmq: ['10.0.0.1:9713'] } },
    { maxTps: 5 },
    { totalMaxTps: 5 },
    { httpMaxTps: 5 },
    { enableAlarm: false },
    { delayTimeThreshold: 1 },
    { committedLagThreshold: 1 },
    { maxRetry: 9 },
    { retryIntervals: [1] },
    { urls: ['http://a'] },
    { timeout: 1 },
    { concurrency: 1 },
  ])('limits, alarms, proxies, retry settings, addresses and time-outs are taken over: %j', changed => {
    expect(change({}, changed)).toBe('hot')
  })

  test.each([
    { actions: ['Async', 'Json', 'PullServer'] },
    { orderKey: 'KEY' },
    { fetchThreads: 2 },
    { hbaseconfiguration: { user: 'a' } },
    { hdfsConfiguration: { rootPath: '/b' } },
    { groovyScript: 'x' },
    { tags: ['a'] },
  ])('what shapes the consumer rebuilds it: %j', changed => {
    expect(change({}, changed)).toBe('rebuild')
  })

  test.each([{ asyncThreads: 9 }, { delayRequestHandlerThreads: 3 }, { redisConfig: { hosts: ['a:1'] } }])(
    'threads and the Redis target of the group rebuild every subscription: %j',
    rest => {
      expect(change({}, {}, rest)).toBe('rebuild')
    },
  )

  test('alarm settings of the group itself disturb nothing', () => {
    expect(change({}, {}, { enableAlarm: false, alarmGroup: ['ops'], delayTimeThreshold: 1 })).toBe('same')
  })

  test('subscriptions that come, go, are switched or change their topic or cluster are told apart', () => {
    const before = group([
      SUBSCRIPTION,
      { ...SUBSCRIPTION, topic: 't2' },
      { ...SUBSCRIPTION, topic: 't3', enabled: false },
    ])
    const after = group([
      SUBSCRIPTION,
      { ...SUBSCRIPTION, topic: 't2', enabled: false },
      { ...SUBSCRIPTION, topic: 't3' },
    ])

    expect(compareGroups(before, after).map(({ topic, change: found }) => [topic, found])).toEqual([
      ['t1', 'same'],
      ['t3', 'added'],
      ['t2', 'removed'],
    ])
    expect(
      compareGroups(group([SUBSCRIPTION]), group([{ ...SUBSCRIPTION, brokerCluster: 'R_2' }])).map(
        ({ change: found }) => found,
      ),
    ).toEqual(['added', 'removed'])
  })

  test('a duplicate entry does not hide that another one went', () => {
    const two = group([SUBSCRIPTION, { ...SUBSCRIPTION, topic: 't2' }])

    const compared = compareGroups(two, group([SUBSCRIPTION, SUBSCRIPTION]))

    expect(compared.map(({ change: found }) => found)).toEqual(['same', 'added', 'removed'])
  })

  test('every enabled subscription of both sides is told of exactly once', () => {
    const topics = fc.array(
      fc.record({
        topic: fc.constantFrom('a', 'b'),
        brokerCluster: fc.constantFrom('R', 'S'),
        enabled: fc.boolean(),
      }),
      { maxLength: 6 },
    )
    fc.assert(
      fc.property(topics, topics, (before, after) => {
        const compared = compareGroups(group(before), group(after))
        const gone = compared.filter(({ change: found }) => found === 'removed').length
        const added = compared.filter(({ change: found }) => found === 'added').length
        expect(compared.length - gone).toBe(after.filter(({ enabled }) => enabled).length)
        expect(compared.length - added).toBe(before.filter(({ enabled }) => enabled).length)
      }),
    )
  })
})
