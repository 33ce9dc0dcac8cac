import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { eventually, FakeClock, tempDir } from '@ddmq/testkit'
import { describe, expect, test } from 'vitest'
import { groupBody, OPERATOR, OWN, topicBody } from './support/bodies.ts'
import { type ConsoleRun, startConsole } from './support/console-run.ts'

const KINDS = ['topic', 'group', 'pproxy', 'cproxy', 'broker'] as const

/** Every node of the tree with its version. */
async function tree({ registry }: Pick<ConsoleRun, 'registry'>) {
  const nodes: Record<string, unknown> = {}
  for (const kind of KINDS) {
    for (const name of await registry.list(kind)) nodes[`${kind}/${name}`] = await registry.get(kind, name)
  }
  return nodes
}

async function makeOrders(run: ConsoleRun): Promise<void> {
  await run.post(`${OWN}/topics`, { topic: 'orders', partitions: 1 })
  await run.post(`${OWN}/groups`, { group: 'cg_a' })
  await run.post(`${OWN}/subscriptions`, { group: 'cg_a', topic: 'orders' })
}

const publication = async (run: ConsoleRun) => (await run.get(`${OWN}/publication`)).body?.['data']

describe('a config tree that is away', () => {
  test('CO-52 a change is saved and says that it is not published, and gets there by itself when the tree is back', async () => {
    await using dir = await tempDir()
    const clock = new FakeClock()
    await using run = await startConsole(dir.path, {}, clock)
    await makeOrders(run)
    await run.registry.stop(AbortSignal.timeout(5000))

    const own = await run.post(`${OWN}/topics`, { topic: 'bills', partitions: 1 })
    const original = await run.post(`${OPERATOR}/createTopic`, topicBody('rates'))
    const gone = await run.call('DELETE', `${OWN}/groups/cg_a`)

    for (const answer of [own, original, gone]) {
      expect(answer).toMatchObject({
        status: 200,
        body: { errno: 0, errmsg: expect.stringMatching(/^saved, but not yet published: .*registry/) },
      })
    }
    expect(await publication(run)).toMatchObject({ pending: expect.any(Number), problems: [] })
    expect(await run.metric('ddmq_console_documents_pending')).toBeGreaterThan(3)
    expect(run.problems()).toEqual([expect.stringContaining('documents wait')])

    await run.registry.start(new AbortController().signal)
    await eventually(async () => {
      await clock.advance(30_000)
      expect(await publication(run)).toEqual({ pending: 0, problems: [], failure: null })
    })

    expect(await run.registry.list('topic')).toEqual(['bills', 'orders', 'rates'])
    expect(await run.registry.list('group')).toEqual([])
    expect(await run.document('cproxy', '127.0.0.1:9713')).toMatchObject({ groups: [] })
    expect(await run.document('pproxy', '127.0.0.1:9613')).toMatchObject({
      topics: ['orders', 'bills', 'rates'],
    })
    expect(run.problems()).toEqual([])
    expect(await run.metric('ddmq_console_documents_pending')).toBe(0)
  })

  test('CO-3 an answer says SUCCESS again as soon as changes are published with it', async () => {
    await using dir = await tempDir()
    await using run = await startConsole(dir.path, {}, new FakeClock())
    await run.registry.stop(AbortSignal.timeout(5000))
    await run.post(`${OWN}/topics`, { topic: 'bills', partitions: 1 })
    await run.registry.start(new AbortController().signal)

    const answer = await run.post(`${OWN}/topics`, { topic: 'orders', partitions: 1 })

    expect(answer.body?.['errmsg']).toBe('SUCCESS')
    expect(await run.registry.list('topic')).toEqual(['bills', 'orders'])
  })

  test('a console starts while the tree is away, and publishes all when it is back', async () => {
    await using dir = await tempDir()
    const clock = new FakeClock()
    await using first = await startConsole(dir.path)
    await first.registry.stop(AbortSignal.timeout(5000))
    const database = { sqlite: { file: join(dir.path, 'second.db') } }

    await using second = await startConsole(dir.path, { database }, clock, first)
    expect(second.problems()).toEqual([expect.stringContaining('registry')])
    await first.registry.start(new AbortController().signal)
    await first.registry.delete('broker', 'R_default')
    await eventually(async () => {
      await clock.advance(60_000)
      expect(second.problems()).toEqual([])
      expect(await second.document('broker', 'R_default')).toBeDefined()
    })
  })
})

describe('a tree that somebody else changed', () => {
  test('is put right by itself, and what no row stands for stays', async () => {
    await using dir = await tempDir()
    const clock = new FakeClock()
    await using run = await startConsole(dir.path, {}, clock)
    await makeOrders(run)
    const before = await tree(run)
    const topic = await run.document('topic', 'orders')
    await run.registry.delete('group', 'cg_a')
    await run.registry.delete('pproxy', '127.0.0.1:9613')
    await run.registry.put('topic', 'foreign', { ...(await topicOf(run)), topic: 'foreign' })
    await run.registry.put('topic', 'orders', { ...(await topicOf(run)), autoBatch: true })

    await eventually(async () => {
      await clock.advance(60_000)
      expect(await run.document('topic', 'orders')).toEqual(topic)
      expect(Object.keys(await tree(run))).toEqual([...Object.keys(before), 'topic/foreign'].toSorted(byKind))
    })
  })

  test('a tree that is as it should be is not written', async () => {
    await using dir = await tempDir()
    const clock = new FakeClock()
    await using run = await startConsole(dir.path, {}, clock)
    await makeOrders(run)
    const before = await tree(run)
    const written = await run.metric('ddmq_console_documents_published_total')

    for (let minute = 0; minute < 3; minute++) await clock.advance(60_000)
    await run.get(`${OPERATOR}/v4/initAllZk`)

    expect(await tree(run)).toEqual(before)
    expect(await run.metric('ddmq_console_documents_published_total')).toBe(written)
  })
})

async function topicOf({ registry }: ConsoleRun) {
  const found = await registry.get('topic', 'orders')
  if (found === undefined) throw new Error('orders is not there')
  return found.value
}

function rank(path: string): number {
  return KINDS.findIndex(kind => path.startsWith(`${kind}/`))
}

function byKind(a: string, b: string): number {
  return rank(a) - rank(b) || (a < b ? -1 : 1)
}

describe('publication of a change', () => {
  test('every kind of change publishes all it touches: a comparison of the whole tree then writes nothing', async () => {
    await using dir = await tempDir()
    await using run = await startConsole(dir.path, {}, new FakeClock())
    const changes: readonly (() => Promise<unknown>)[] = [
      () => makeOrders(run),
      () => run.post(`${OPERATOR}/createTopic`, topicBody('bills')),
      () => run.post('/carrera/api/console/group/create', groupBody('cg_b')),
      () => run.post(`${OWN}/subscriptions`, { group: 'cg_b', topic: 'bills' }),
      () => run.get(`${OPERATOR}/v4/addPProxy?host=10.0.0.1`),
      () => run.get(`${OPERATOR}/v4/addCProxy?host=10.0.0.2`),
      () => run.post(`${OWN}/subscriptions/disable`, { group: 'cg_a', topic: 'orders' }),
      () => run.post(`${OWN}/subscriptions/enable`, { group: 'cg_a', topic: 'orders' }),
      () => run.get(`${OPERATOR}/v4/removePProxy?host=10.0.0.1`),
      () => run.get(`${OPERATOR}/v4/removeCProxy?host=10.0.0.2`),
      () => run.get(`${OPERATOR}/deleteSub?user=ann&subId=1`),
      () => run.call('DELETE', `${OWN}/groups/cg_b`),
    ]

    for (const change of changes) {
      await change()
      const written = await run.metric('ddmq_console_documents_published_total')
      await run.get(`${OPERATOR}/v4/initAllZk`)
      expect(await run.metric('ddmq_console_documents_published_total')).toBe(written)
    }
  })

  test('CO-53 a topic whose rows make no valid document is reported, and holds up no other', async () => {
    await using dir = await tempDir()
    await using run = await startConsole(dir.path, {}, new FakeClock())
    await makeOrders(run)
    const database = new DatabaseSync(join(dir.path, 'console.db'))
    database.exec("UPDATE topic_conf SET produce_tps = -1 WHERE topic_name = 'orders'")
    database.close()
    const good = await run.document('topic', 'orders')

    await run.get(`${OPERATOR}/v4/addPProxy?host=10.0.0.1`)
    const answer = await run.post(`${OWN}/topics`, { topic: 'bills', partitions: 1 })

    expect(answer.body?.['errmsg']).toBe('SUCCESS')
    expect(await run.document('topic', 'bills')).toMatchObject({ topic: 'bills' })
    expect(await run.document('topic', 'orders')).toEqual(good)
    expect(await publication(run)).toMatchObject({
      pending: 1,
      problems: [{ path: '/topic/orders', reason: expect.stringContaining('totalMaxTps') }],
    })
    expect((await run.get('/')).text).toContain('/topic/orders')
    expect(run.problems()).toEqual([])

    // A further change of orders itself does not get into the tree, and its caller is told, each time.
    for (const host of ['10.0.0.2', '10.0.0.3']) {
      const own = await run.get(`${OPERATOR}/v4/addPProxy?host=${host}`)
      expect(own.body?.['errmsg']).toMatch(/^saved, but not yet published: .*totalMaxTps/)
    }
  })
})
