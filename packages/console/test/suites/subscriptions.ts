import { eventually, tempDir } from '@ddmq/testkit'
import { describe, expect, test } from 'vitest'
import { CONSOLE, groupBody, OPERATOR, OWN, subBody, topicBody } from '../support/bodies.ts'
import type { ConsoleRun, StartConsole } from '../support/console-run.ts'

function confOf(partitions: number) {
  return { clusterId: 1, mqServerId: 1, produceTps: 1024, msgMaxSize: 1, msgAvgSize: 1, partitions }
}

async function append(run: ConsoleRun, topic: string, partition: string, count: number): Promise<void> {
  const record = { key: null, value: Buffer.from('x'), headers: [], timestampMs: 1000 }
  await run.cluster.append([{ topic, partition, records: Array.from({ length: count }, () => record) }], {
    deadlineMs: 5000,
  })
}

async function committed(run: ConsoleRun): Promise<Record<string, number>> {
  const offsets = await run.cluster.admin.committed('cg_a', 'orders')
  return Object.fromEntries(offsets.map(at => [at.partition, at.offset]))
}

function changeState(run: ConsoleRun, subId: number, state: number) {
  return run.get(`${CONSOLE}/sub/changeState?user=ann&subId=${subId}&state=${state}`)
}

function reset(run: ConsoleRun, how: string) {
  const ids = 'user=ann&groupId=1&topicId=1&clusterId=1'
  return run.get(`${CONSOLE}/group/resetOffset?${ids}&${how.replaceAll(' ', '%20')}`)
}

export function describeSubscriptions(startConsole: StartConsole): void {
  /** A console with topics `orders` (id 1) and `bills` (id 2) and the group `cg_a` (id 1). */
  async function startWithGroup(dir: string): Promise<ConsoleRun> {
    const run = await startConsole(dir)
    for (const topic of ['orders', 'bills']) {
      await run.post(`${OPERATOR}/createTopic`, topicBody(topic, { conf: [confOf(2)] }))
    }
    await run.post(`${CONSOLE}/group/create`, groupBody('cg_a'))
    return run
  }

  describe('groups', () => {
    test('CO-19 a new group begins with cg_', async () => {
      await using dir = await tempDir()
      await using run = await startConsole(dir.path)

      for (const name of ['group', 'c_group', 'cg_', 'cg_a.b', 'g_x', `cg_${'x'.repeat(126)}`]) {
        const answer = await run.post(`${CONSOLE}/group/create`, groupBody(name))
        expect(answer.body).toMatchObject({ errno: 400, errmsg: expect.stringContaining('groupName') })
      }
      expect((await run.get(`${OWN}/groups`)).body?.['data']).toEqual([])
    })

    test('CO-7 a group with wrong fields is 400 and stored nowhere', async () => {
      await using dir = await tempDir()
      await using run = await startConsole(dir.path)

      const answer = await run.post(
        `${CONSOLE}/group/create`,
        groupBody('cg_a', { alarmLevel: 4, service: '' }),
      )

      expect(answer.body?.['errmsg']).toBe('service: must not be blank; alarmLevel: must be 1 to 3')
      expect((await run.get(`${OWN}/groups`)).body?.['data']).toEqual([])
    })

    test('CO-20 a group without subscriptions has no node', async () => {
      await using dir = await tempDir()
      await using run = await startWithGroup(dir.path)

      expect(await run.registry.list('group')).toEqual([])
      expect((await run.get(`${OPERATOR}/v4/initAllZk`)).body?.['errno']).toBe(0)
      expect(await run.registry.list('group')).toEqual([])
    })
  })

  describe('creating subscriptions', () => {
    test('a subscription is shown with every member the original shows, also those that are null', async () => {
      await using dir = await tempDir()
      await using run = await startWithGroup(dir.path)
      await run.post(`${OPERATOR}/createSub`, subBody())

      const found = await run.get(`${CONSOLE}/sub/findById?user=ann&groupId=1&topicId=1&clusterId=1`)
      const listed = await run.get(`${CONSOLE}/sub/list?user=ann&curPage=1&pageSize=10`)

      const view = found.body?.['data']
      const members = [
        ['alarmDelayTime', 'alarmIsEnable', 'alarmMsgLag', 'alarmType', 'apiType', 'bigDataConfig'],
        ['bigDataType', 'clusterDesc', 'clusters', 'consumeTimeout', 'consumeType', 'enableGroovy'],
        ['enableTransit', 'errorRetryTimes', 'extraParams', 'groovy', 'groupId', 'httpHeaders'],
        ['httpMethod', 'httpQueryParams', 'httpToken', 'idc', 'idcId', 'maxTps', 'msgPushType'],
        ['msgType', 'operationParams', 'pressureTraffic', 'pushMaxConcurrency', 'retryIntervals'],
        ['state', 'subId', 'topicId', 'transit', 'urls'],
      ]
      expect(Object.keys(view)).toEqual(expect.arrayContaining(members.flat()))
      expect(Object.keys(view)).toEqual(Object.keys(view).toSorted())
      expect(view).toMatchObject({
        enableGroovy: 1,
        enableTransit: 1,
        idc: 'default',
        idcId: 1,
        transit: null,
      })
      expect(listed.body?.['data'].list).toEqual([view])
    })

    test('CO-21 a pull subscription is published disabled, with its chain and without appendContext', async () => {
      await using dir = await tempDir()
      await using run = await startWithGroup(dir.path)

      const answer = await run.post(`${OPERATOR}/createSub`, subBody())

      expect(answer.body?.['errno']).toBe(0)
      expect(await run.document('group', 'cg_a')).toEqual({
        group: 'cg_a',
        asyncThreads: 8,
        enableAlarm: true,
        delayTimeThreshold: 300_000,
        committedLagThreshold: 10_000,
        delayRequestHandlerThreads: -1,
        topics: [
          {
            topic: 'orders',
            brokerCluster: 'R_default',
            proxies: { C_ddmq: ['127.0.0.1:9713'] },
            enabled: false,
            actions: ['Async', 'PullServer'],
            fetchThreads: 1,
            concurrency: 1024,
            maxConsumeLag: -1,
            maxTps: 128,
            totalMaxTps: 128,
            httpMaxTps: -1,
            timeout: 1000,
            maxRetry: 3,
            retryIntervals: [50, 100, 150],
            maxPullBatchSize: 8,
            pressureTraffic: false,
            httpMethod: 'POST',
            tokenKey: '',
            enableAlarm: true,
            delayTimeThreshold: 300_000,
            committedLagThreshold: 10_000,
          },
        ],
      })
      expect(await run.document('cproxy', '127.0.0.1:9713')).toMatchObject({ groups: [] })
    })

    test('CO-27 the same group, cluster and topic twice is 400', async () => {
      await using dir = await tempDir()
      await using run = await startWithGroup(dir.path)
      await run.post(`${OPERATOR}/createSub`, subBody())

      const again = await run.post(`${OPERATOR}/createSub`, subBody())

      expect(again.body).toMatchObject({ errno: 400, errmsg: 'subscription existed' })
    })

    test('CO-28 a push to what is no http URL is 400', async () => {
      await using dir = await tempDir()
      await using run = await startWithGroup(dir.path)
      const push = { consumeType: 2, httpMethod: 0, msgPushType: 1, pushMaxConcurrency: 4 }

      for (const urls of [['ftp://a/b'], ['//a'], ['http://ok/', 'nonsense'], []]) {
        const answer = await run.post(`${OPERATOR}/createSub`, subBody({ ...push, urls }))
        expect(answer.body).toMatchObject({ errno: 400, errmsg: expect.stringMatching(/^urls/) })
      }
      expect(await run.registry.list('group')).toEqual([])
    })

    test('CO-50 CO-49 a push subscription carries its URLs, context, concurrency, pressure traffic and own alarm', async () => {
      await using dir = await tempDir()
      await using run = await startWithGroup(dir.path)

      const answer = await run.post(
        `${OPERATOR}/createSub`,
        subBody({
          consumeType: 2,
          httpMethod: 1,
          msgPushType: 2,
          msgType: 1,
          pushMaxConcurrency: 4,
          urls: ['http://127.0.0.1:1/cb'],
          pressureTraffic: 1,
          alarmType: 1,
          alarmIsEnable: 1,
          alarmMsgLag: 7,
          alarmDelayTime: 8,
        }),
      )

      expect(answer.body?.['errno']).toBe(0)
      expect(await run.document('group', 'cg_a')).toMatchObject({
        topics: [
          {
            actions: ['Async', 'Json', 'FormParams2', 'AsyncHttp'],
            urls: ['http://127.0.0.1:1/cb'],
            httpMethod: 'GET',
            concurrency: 4,
            pressureTraffic: true,
            enableAlarm: false,
            committedLagThreshold: 7,
            delayTimeThreshold: 8,
            appendContext: ['TOPIC', 'GROUP', 'OFFSET', 'QID', 'SOURCE', 'MSG_KEY', 'TOKEN', 'PROPERTIES'],
          },
        ],
      })
    })

    test('CO-7 what is not built is refused by the field that asks for it, and nothing is written', async () => {
      await using dir = await tempDir()
      await using run = await startWithGroup(dir.path)
      const asked: readonly (readonly [object, string])[] = [
        [{ apiType: 2 }, 'apiType'],
        [{ enableGroovy: 0, groovy: 'true' }, 'groovy'],
        [{ enableTransit: 0, transit: { a: 'b' } }, 'transit'],
        [{ enableOrder: 0, orderKey: 'QID' }, 'orderKey'],
        [{ consumeType: 3, bigDataType: 0 }, 'bigDataType'],
        [{ extraParams: { ACTION_REDIS: 'true' } }, 'extraParams.ACTION_REDIS'],
        [{ httpHeaders: { a: 'b' } }, 'httpHeaders'],
        [{ maxTps: 0 }, 'maxTps'],
        [{ clusters: {} }, 'clusters'],
        [{ groupId: 'x' }, 'groupId'],
        [{ topicId: null }, 'topicId'],
      ]

      for (const [overrides, field] of asked) {
        const answer = await run.post(`${OPERATOR}/createSub`, subBody(overrides))
        expect([answer.body?.['errno'], answer.body?.['errmsg']]).toEqual([
          400,
          expect.stringContaining(`${field}: `),
        ])
      }
      expect(await run.registry.list('group')).toEqual([])
      expect((await run.get(`${OWN}/subscriptions`)).body?.['data']).toEqual([])
    })
  })

  describe('enabling and deleting', () => {
    test('CO-30 CO-33 the first enable starts at the end, is published, and a later one keeps the position', async () => {
      await using dir = await tempDir()
      await using run = await startWithGroup(dir.path)
      await append(run, 'orders', '0', 5)
      await run.post(`${OPERATOR}/createSub`, subBody())
      expect(await committed(run)).toEqual({})

      const enabled = await changeState(run, 1, 0)

      expect(enabled.body?.['errno']).toBe(0)
      expect(await committed(run)).toEqual({ 0: 5, 1: 0 })
      expect(await run.document('group', 'cg_a')).toMatchObject({ topics: [{ enabled: true }] })
      expect(await run.document('cproxy', '127.0.0.1:9713')).toMatchObject({ groups: ['cg_a'] })

      await append(run, 'orders', '0', 3)
      await changeState(run, 1, 1)
      await changeState(run, 1, 0)
      expect(await committed(run)).toEqual({ 0: 5, 1: 0 })
    })

    test('CO-31 asking for the state it has is 400', async () => {
      await using dir = await tempDir()
      await using run = await startWithGroup(dir.path)
      await run.post(`${OPERATOR}/createSub`, subBody())

      expect((await changeState(run, 1, 1)).body).toMatchObject({
        errno: 400,
        errmsg: 'subscription<1>is disable state',
      })
      await changeState(run, 1, 0)
      expect((await changeState(run, 1, 0)).body).toMatchObject({
        errno: 400,
        errmsg: 'subscription<1>is enable state',
      })
      expect((await changeState(run, 99, 0)).body?.['errmsg']).toBe('subscription<99>not found')
    })

    test('CO-32 pull and push of one group are not enabled together', async () => {
      await using dir = await tempDir()
      await using run = await startWithGroup(dir.path)
      await run.post(`${OPERATOR}/createSub`, subBody())
      const push = { topicId: 2, consumeType: 2, msgPushType: 1, pushMaxConcurrency: 1, urls: ['http://h/'] }
      await run.post(`${OPERATOR}/createSub`, subBody(push))
      await changeState(run, 1, 0)
      const before = await run.registry.get('group', 'cg_a')

      const refused = await changeState(run, 2, 0)

      expect(refused.body?.['errmsg']).toContain('SDK and Http can not mixed')
      expect(await run.registry.get('group', 'cg_a')).toEqual(before)
    })

    test('CO-34 disabling the last enabled one takes the group off the proxies and keeps its node', async () => {
      await using dir = await tempDir()
      await using run = await startWithGroup(dir.path)
      await run.post(`${OPERATOR}/createSub`, subBody())
      await changeState(run, 1, 0)

      await changeState(run, 1, 1)

      expect(await run.document('cproxy', '127.0.0.1:9713')).toMatchObject({ groups: [] })
      expect(await run.document('group', 'cg_a')).toMatchObject({ topics: [{ enabled: false }] })
    })

    test('CO-35 deleting the last subscription deletes the node; the pair can be subscribed again', async () => {
      await using dir = await tempDir()
      await using run = await startWithGroup(dir.path)
      await run.post(`${OPERATOR}/createSub`, subBody())
      await changeState(run, 1, 0)

      const deleted = await run.get(`${OPERATOR}/deleteSub?user=ann&subId=1`)

      expect(deleted.body?.['errno']).toBe(0)
      expect(await run.registry.list('group')).toEqual([])
      expect(await run.document('cproxy', '127.0.0.1:9713')).toMatchObject({ groups: [] })
      expect((await run.post(`${OPERATOR}/createSub`, subBody())).body?.['errno']).toBe(0)
      expect((await run.get(`${OPERATOR}/deleteSub?user=ann&subId=1`)).body?.['errmsg']).toBe(
        'subId<1>not found',
      )
    })

    test('CO-36 deleting a group deletes its subscriptions; its name is free again', async () => {
      await using dir = await tempDir()
      await using run = await startWithGroup(dir.path)
      await run.post(`${OPERATOR}/createSub`, subBody())
      await run.post(`${OPERATOR}/createSub`, subBody({ topicId: 2 }))

      await run.get(`${OPERATOR}/deleteGroup?user=ann&groupId=1`)

      expect((await run.get(`${OWN}/groups`)).body?.['data']).toEqual([])
      expect((await run.get(`${OWN}/subscriptions`)).body?.['data']).toEqual([])
      expect(await run.registry.list('group')).toEqual([])
      expect((await run.post(`${CONSOLE}/group/create`, groupBody('cg_a'))).body?.['errno']).toBe(0)
    })

    test('CO-37 CO-38 parallel and group-wide enables all succeed', async () => {
      await using dir = await tempDir()
      await using run = await startWithGroup(dir.path)
      await run.post(`${OPERATOR}/createSub`, subBody())
      await run.post(`${OPERATOR}/createSub`, subBody({ topicId: 2 }))

      const parallel = await Promise.all([changeState(run, 1, 0), changeState(run, 2, 0)])
      const off = await run.get(`${CONSOLE}/group/changeState?user=ann&groupId=1&state=1`)
      const disabled = await run.document('group', 'cg_a')
      await run.get(`${CONSOLE}/group/changeState?user=ann&groupId=1&state=0`)

      expect(parallel.map(answer => answer.body?.['errno'])).toEqual([0, 0])
      expect(off.body?.['errno']).toBe(0)
      expect(disabled).toMatchObject({ topics: [{ enabled: false }, { enabled: false }] })
      expect(await run.document('group', 'cg_a')).toMatchObject({
        topics: [{ enabled: true }, { enabled: true }],
      })
    })

    test('only an owner, named whole, changes a state', async () => {
      await using dir = await tempDir()
      await using run = await startWithGroup(dir.path)
      await run.post(`${OPERATOR}/createSub`, subBody())

      for (const user of ['a', 'an', '%25', 'ann%3B']) {
        const answer = await run.get(`${CONSOLE}/sub/changeState?user=${user}&subId=1&state=0`)
        expect(answer.body).toMatchObject({ errno: 400, errmsg: expect.stringContaining('not authorized') })
      }
    })
  })

  test('CO-48 a consumer proxy that was removed is in no subscription, also not in later ones', async () => {
    await using dir = await tempDir()
    await using run = await startWithGroup(dir.path)
    await run.get(`${OPERATOR}/v4/addCProxy?host=10.0.0.9`)
    await run.post(`${OPERATOR}/createSub`, subBody())
    const both = await run.document('group', 'cg_a')

    const removed = await run.get(`${OPERATOR}/v4/removeCProxy?host=10.0.0.9`)
    await run.post(`${OPERATOR}/createSub`, subBody({ topicId: 2 }))

    const proxies = { C_ddmq: ['127.0.0.1:9713'] }
    expect(both).toMatchObject({
      topics: [{ maxTps: 64, proxies: { C_ddmq: ['10.0.0.9:9713', '127.0.0.1:9713'] } }],
    })
    expect(removed.body?.['errno']).toBe(0)
    expect(await run.document('group', 'cg_a')).toMatchObject({
      topics: [
        { maxTps: 128, proxies },
        { maxTps: 128, proxies },
      ],
    })
  })

  describe('positions', () => {
    test('CO-39 an enabled subscription is not reset', async () => {
      await using dir = await tempDir()
      await using run = await startWithGroup(dir.path)
      await run.post(`${OPERATOR}/createSub`, subBody())
      await changeState(run, 1, 0)
      await append(run, 'orders', '0', 4)

      const answer = await reset(run, 'resetType=1')

      expect(answer.body).toMatchObject({
        errno: 400,
        errmsg: 'Reset Offset require disable subscription first!',
      })
      expect(await committed(run)).toEqual({ 0: 0, 1: 0 })
    })

    test('CO-40 CO-41 a disabled one is reset to the end, by time, and by queue and offset including 0', async () => {
      await using dir = await tempDir()
      await using run = await startWithGroup(dir.path)
      await run.post(`${OPERATOR}/createSub`, subBody())
      await append(run, 'orders', '0', 4)

      expect((await reset(run, 'resetType=1')).body?.['errno']).toBe(0)
      expect(await committed(run)).toEqual({ 0: 4, 1: 0 })
      expect((await reset(run, 'resetType=2&resetTime=1970-01-01 00:00:00')).body?.['errno']).toBe(0)
      expect(await committed(run)).toEqual({ 0: 0, 1: 0 })
      expect((await reset(run, 'resetType=3&qid=R_default_0&offset=3')).body?.['errno']).toBe(0)
      expect(await committed(run)).toEqual({ 0: 3, 1: 0 })
      expect((await reset(run, 'resetType=3&qid=0&offset=0')).body?.['errno']).toBe(0)
      expect(await committed(run)).toEqual({ 0: 0, 1: 0 })
      expect((await reset(run, 'resetType=3&qid=9&offset=0')).body?.['errmsg']).toContain('qid')
      expect((await reset(run, 'resetType=3&qid=0&offset=5')).body?.['errmsg']).toContain('beyond the end 4')
      expect(await committed(run)).toEqual({ 0: 0, 1: 0 })
    })

    test('CO-42 while a consumer is connected a reset is refused and changes nothing', async () => {
      await using dir = await tempDir()
      await using run = await startWithGroup(dir.path)
      await run.post(`${OPERATOR}/createSub`, subBody())
      await append(run, 'orders', '0', 4)
      const membership = await run.cluster.join('cg_a', ['orders'], {
        assigned: () => Promise.resolve(),
        revoked: () => Promise.resolve(),
        lost: () => undefined,
      })
      await eventually(() => expect(membership.assignment()).toHaveLength(2))

      const answer = await reset(run, 'resetType=1')

      expect(answer.body).toMatchObject({ errno: 400, errmsg: expect.stringContaining('try again') })
      expect(await committed(run)).toEqual({})
      await membership.leave(AbortSignal.timeout(1000))
      expect((await reset(run, 'resetType=1')).body?.['errno']).toBe(0)
      expect(await committed(run)).toEqual({ 0: 4, 1: 0 })
    })

    test('CO-43 the progress shows both ends and the lag of each queue, by the name that a reset takes', async () => {
      await using dir = await tempDir()
      await using run = await startWithGroup(dir.path)
      await run.post(`${OPERATOR}/createSub`, subBody())
      await changeState(run, 1, 0)
      await append(run, 'orders', '1', 5)

      const answer = await run.get(`${CONSOLE}/group/consumeState?user=ann&groupId=1`)
      const stats = await run.get(`${OWN}/stats`)

      expect(answer.body?.['data']).toMatchObject([
        { qid: 'R_default_0', lag: 0, consumeOffset: 0, minOffset: 0, maxOffset: 0 },
        { qid: 'R_default_1', lag: 5, consumeOffset: 0, minOffset: 0, maxOffset: 5 },
      ])
      expect(Object.keys(answer.body?.['data'][1])).toEqual([
        'clusterId',
        'clusterName',
        'consumeOffset',
        'groupId',
        'lag',
        'maxOffset',
        'minOffset',
        'qid',
        'topicId',
        'topicName',
      ])
      await changeState(run, 1, 1)
      expect(
        (await reset(run, `resetType=3&qid=${answer.body?.['data'][1].qid}&offset=2`)).body?.['errno'],
      ).toBe(0)
      expect(await committed(run)).toEqual({ 0: 0, 1: 2 })
      expect(stats.body?.['data'].groups).toContainEqual({
        group: 'cg_a',
        topic: 'orders',
        brokerCluster: 'R_default',
        partition: '1',
        committedOffset: 0,
        endOffset: 5,
        lag: 5,
      })
    })
  })
}
