import { tempDir } from '@ddmq/testkit'
import { describe, expect, test } from 'vitest'
import { CONSOLE, confBody, OPERATOR, OWN, topicBody } from '../support/bodies.ts'
import type { ConsoleRun, StartConsole } from '../support/console-run.ts'

async function errorOf(run: ConsoleRun, body: object): Promise<string> {
  const answer = await run.post(`${OPERATOR}/createTopic`, body)
  expect([answer.status, answer.body?.['errno']]).toEqual([200, 400])
  return String(answer.body?.['errmsg'])
}

async function expectNothingWritten(run: ConsoleRun): Promise<void> {
  expect(await run.registry.list('topic')).toEqual([])
  expect(await run.cluster.admin.listTopics()).toEqual([])
  expect((await run.get(`${OWN}/topics`)).body?.['data']).toEqual([])
}

export function describeTopics(startConsole: StartConsole): void {
  describe('refused topics', () => {
    test('CO-7 a body with several wrong fields is 400, names each, and writes nothing', async () => {
      await using dir = await tempDir()
      await using run = await startConsole(dir.path)

      const message = await errorOf(
        run,
        topicBody('orders', {
          user: ' ',
          produceMode: 7,
          conf: [confBody({ produceTps: 0, mqServerId: 'x' })],
        }),
      )

      expect(message).toContain('user: must not be blank')
      expect(message).toContain('produceMode: must be 0 to 1')
      expect(message).toContain('conf[0].produceTps: must be 1 to 2147483647')
      expect(message).toContain('conf[0].mqServerId: must be a whole number')
      await expectNothingWritten(run)
    })

    test('CO-9 names of 2 or 129 characters, with a dot, or reserved', async () => {
      await using dir = await tempDir()
      await using run = await startConsole(dir.path)

      for (const name of ['ab', 'x'.repeat(129), 'a.b', 'ddmq.dead.cg_a', '', 'R_test_chronos_inner_0']) {
        expect(await errorOf(run, topicBody(name))).toMatch(/^topicName: /)
        expect((await run.post(`${OWN}/topics`, { topic: name })).status).toBe(400)
      }
      await expectNothingWritten(run)
      expect((await run.post(`${OPERATOR}/createTopic`, topicBody('x'.repeat(128)))).body?.['errno']).toBe(0)
    })

    test('CO-10 a name that is taken', async () => {
      await using dir = await tempDir()
      await using run = await startConsole(dir.path)
      await run.post(`${OPERATOR}/createTopic`, topicBody('orders'))

      expect(await errorOf(run, topicBody('orders', { description: 'again' }))).toBe('Topic existed')
    })

    test('CO-11 one cluster named twice', async () => {
      await using dir = await tempDir()
      await using run = await startConsole(dir.path)

      const message = await errorOf(
        run,
        topicBody('orders', { conf: [confBody({ serverIdcId: 1 }), confBody({ serverIdcId: 2 })] }),
      )

      expect(message).toContain('repeated')
      await expectNothingWritten(run)
    })

    test('unknown cluster, unknown mq server, and an id that would modify', async () => {
      await using dir = await tempDir()
      await using run = await startConsole(dir.path)

      expect(await errorOf(run, topicBody('orders', { conf: [confBody({ clusterId: 9 })] }))).toContain(
        'conf[0].clusterId: cluster 9 not found',
      )
      expect(await errorOf(run, topicBody('orders', { conf: [confBody({ mqServerId: 9 })] }))).toContain(
        'conf[0].mqServerId: mq server 9 not found',
      )
      expect(await errorOf(run, topicBody('orders', { topicId: 5 }))).toMatch(/^topicId: /)
      await expectNothingWritten(run)
    })
  })

  describe('created topics', () => {
    test('CO-13 CM-8 a topic is published with its rate and proxies, and every producer proxy may serve it', async () => {
      await using dir = await tempDir()
      await using run = await startConsole(dir.path)

      await run.post(`${OPERATOR}/createTopic`, topicBody('orders', { alarmGroup: ['night'] }))

      expect(await run.document('topic', 'orders')).toEqual({
        topic: 'orders',
        alarmGroup: ['night'],
        topicUnits: [
          {
            brokerCluster: 'R_default',
            maxTps: 1024,
            totalMaxTps: 1024,
            proxies: { P_ddmq: ['127.0.0.1:9613'] },
          },
        ],
        delayTopic: false,
        autoBatch: false,
        strongOrder: false,
        compressType: 'PRIMORDIAL',
        limiterFailureRetryInterval: -1,
      })
      expect(await run.document('pproxy', '127.0.0.1:9613')).toMatchObject({ topics: ['orders'] })
    })

    test('CO-15 the log has 8 partitions, or as many as were asked for', async () => {
      await using dir = await tempDir()
      await using run = await startConsole(dir.path)

      await run.post(`${OPERATOR}/createTopic`, topicBody('orders'))
      await run.post(`${OPERATOR}/createTopic`, topicBody('wide', { conf: [confBody({ partitions: '16' })] }))

      expect(run.cluster.partitions('orders')).toHaveLength(8)
      expect(run.cluster.partitions('wide')).toHaveLength(16)
    })

    test('a topic that is in the log already is adopted as it is', async () => {
      await using dir = await tempDir()
      await using run = await startConsole(dir.path)
      await run.cluster.admin.createTopic({ topic: 'orders', partitions: 3 })

      const created = await run.post(`${OWN}/topics`, { topic: 'orders', partitions: 8 })

      expect(created.body?.['data']).toEqual({
        topic: 'orders',
        partitions: 3,
        brokerClusters: ['R_default'],
      })
    })

    test('CM-40 CO-45 a proxy added twice is one row, has a document, and is in every topic with its share', async () => {
      await using dir = await tempDir()
      await using run = await startConsole(dir.path)
      await run.post(`${OPERATOR}/createTopic`, topicBody('orders'))

      const answers = [
        await run.get(`${OPERATOR}/v4/addPProxy?cluster=ddmq&host=10.0.0.5`),
        await run.get(`${OPERATOR}/v4/addPProxy?cluster=ddmq&host=10.0.0.5`),
        await run.get(`${OPERATOR}/v4/addPProxy?host=10.0.0.9`),
      ]

      expect(answers.map(answer => answer.body?.['errno'])).toEqual([0, 0, 0])
      const proxies = ['10.0.0.5:9613', '10.0.0.9:9613', '127.0.0.1:9613']
      expect((await run.get(`${OWN}/info`)).body?.['data'].producerProxies.toSorted()).toEqual(proxies)
      expect(await run.registry.list('pproxy')).toEqual(proxies)
      expect(await run.document('broker', 'R_default')).toMatchObject({ pproxies: { P_ddmq: proxies } })
      expect(await run.document('topic', 'orders')).toMatchObject({
        topicUnits: [{ totalMaxTps: 1024, maxTps: 342, proxies: { P_ddmq: proxies } }],
      })
    })

    test('CO-46 a topic made before there was any proxy can be produced to once one is added', async () => {
      await using dir = await tempDir()
      await using run = await startConsole(dir.path, { seed: { producerProxies: [] } })
      await run.post(`${OPERATOR}/createTopic`, topicBody('orders'))

      await run.get(`${OPERATOR}/v4/addPProxy?host=10.0.0.9`)

      expect(await run.document('topic', 'orders')).toMatchObject({
        topicUnits: [{ proxies: { P_ddmq: ['10.0.0.9:9613'] }, maxTps: 1024 }],
      })
      expect(await run.document('pproxy', '10.0.0.9:9613')).toMatchObject({ topics: ['orders'] })
    })

    test('CO-47 a host that is no IPv4 address is 400', async () => {
      await using dir = await tempDir()
      await using run = await startConsole(dir.path)

      for (const host of ['abc', '10.0.0', '10.0.0.256', '10.0.0.1:9613']) {
        const answer = await run.get(`${OPERATOR}/v4/addPProxy?host=${host}`)
        expect(answer.body).toMatchObject({ errno: 400, errmsg: 'invalid host' })
      }
    })

    test('CO-54 a page beyond the end is the last page, newest first', async () => {
      await using dir = await tempDir()
      await using run = await startConsole(dir.path)
      for (const name of ['t-1', 't-2', 't-3']) await run.post(`${OPERATOR}/createTopic`, topicBody(name))

      const answer = await run.get(`${CONSOLE}/topic/listAll?user=ann&curPage=9&pageSize=2`)

      expect(answer.body?.['data']).toMatchObject({ curPage: 2, pageSize: 2, totalPage: 2, totalSize: 3 })
      expect(answer.body?.['data'].list.map((topic: { topicName: string }) => topic.topicName)).toEqual([
        't-1',
      ])
    })

    test('our own routes create without limit, list and show', async () => {
      await using dir = await tempDir()
      await using run = await startConsole(dir.path)

      const created = await run.post(`${OWN}/topics`, { topic: 'orders', partitions: 2 })
      const shown = await run.get(`${OWN}/topics/orders`)

      expect(created.body?.['data']).toEqual({
        topic: 'orders',
        partitions: 2,
        brokerClusters: ['R_default'],
      })
      expect(await run.document('topic', 'orders')).toMatchObject({ topicUnits: [{ maxTps: 999_999_999 }] })
      expect(shown.body?.['data']).toMatchObject({
        topic: 'orders',
        partitions: 2,
        offsets: [
          { partition: '0', startOffset: 0, endOffset: 0 },
          { partition: '1', startOffset: 0, endOffset: 0 },
        ],
        groups: [],
      })
      expect((await run.get(`${OWN}/topics/nothing`)).body).toEqual({
        data: null,
        errmsg: 'topic nothing does not exist',
        errno: 404,
      })
      expect((await run.post(`${OWN}/topics`, { topic: 'orders', partition: 2 })).body?.['errmsg']).toContain(
        'partition',
      )
    })
  })
}
