import { eventually, mariaDbMissing, tempDir } from '@ddmq/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeSubscriptions } from './suites/subscriptions.ts'
import { describeTopics } from './suites/topics.ts'
import { OPERATOR, OWN } from './support/bodies.ts'
import { type ConsoleRun, startConsole } from './support/console-run.ts'
import { type MariaDbRun, startMariaDbRun } from './support/mariadb-run.ts'

function create(run: ConsoleRun, topic: string) {
  return run.post(`${OWN}/topics`, { topic, partitions: 1 })
}

const missing = await mariaDbMissing()

describe.skipIf(missing !== undefined)(`on MariaDB${missing === undefined ? '' : ` (${missing})`}`, () => {
  let mariadb: MariaDbRun
  beforeAll(async () => {
    mariadb = await startMariaDbRun()
  })
  afterAll(() => mariadb[Symbol.asyncDispose]())

  const onMariaDb = async (dir: string, settings = {}): Promise<ConsoleRun> =>
    startConsole(dir, { ...settings, database: mariadb.config(await mariadb.schema()) })

  describeTopics(onMariaDb)
  describeSubscriptions(onMariaDb)

  /** Two consoles that share database, config tree and log. */
  const startTwo = async (dir: string, settings = {}) => {
    const schema = await mariadb.schema()
    const database = mariadb.config(schema)
    const first = await startConsole(dir, { ...settings, database })
    const second = await startConsole(dir, { ...settings, database }, undefined, first)
    return {
      schema,
      first,
      second,
      async [Symbol.asyncDispose]() {
        await second.stop()
        await first.stop()
      },
    }
  }

  test('CO-10 one topic name asked for at two consoles at once is given once, and the others are told', async () => {
    await using dir = await tempDir()
    await using consoles = await startTwo(dir.path)
    const { first, second } = consoles

    const answers = await Promise.all(
      [first, second, first, second].map(console => create(console, 'orders')),
    )

    expect(answers.map(answer => String(answer.body?.['errmsg'])).toSorted()).toEqual([
      'SUCCESS',
      'Topic existed',
      'Topic existed',
      'Topic existed',
    ])
    expect((await second.get(`${OWN}/topics`)).body?.['data']).toHaveLength(1)
  })

  test('CO-38 changes of one group through two consoles all succeed', async () => {
    await using dir = await tempDir()
    await using consoles = await startTwo(dir.path)
    const { first, second } = consoles
    const topics = ['topic-a', 'topic-b', 'topic-c', 'topic-d']
    for (const topic of topics) await create(first, topic)
    await second.post(`${OWN}/groups`, { group: 'cg_a' })

    const answers = await Promise.all(
      topics.map((topic, index) =>
        (index % 2 === 0 ? first : second).post(`${OWN}/subscriptions`, { group: 'cg_a', topic }),
      ),
    )

    expect(answers.map(answer => answer.body?.['errmsg'])).toEqual(topics.map(() => 'SUCCESS'))
    expect(await first.document('group', 'cg_a')).toMatchObject({
      topics: topics.map(() => ({ enabled: true })),
    })
    expect(await first.document('cproxy', '127.0.0.1:9713')).toMatchObject({ groups: ['cg_a'] })
  })

  test('CO-52 what one console stored and did not live to publish another one publishes, without a restart', async () => {
    await using dir = await tempDir()
    await using consoles = await startTwo(dir.path)
    const { schema, first, second } = consoles
    await create(first, 'orders')
    await second.stop()

    await mariadb.ask(
      `INSERT INTO ddmq_outbox (kind, name, created_ms) VALUES ('topic', 'orders', 0);
       UPDATE topic_conf SET produce_tps = 7`,
      schema,
    )

    await eventually(async () =>
      expect(await first.document('topic', 'orders')).toMatchObject({ topicUnits: [{ totalMaxTps: 7 }] }),
    )
    await eventually(async () => expect(await mariadb.ask('SELECT * FROM ddmq_outbox', schema)).toEqual([]))
  })

  test('two consoles publish without undoing each other: each document is written once per change', async () => {
    await using dir = await tempDir()
    await using consoles = await startTwo(dir.path)
    const { first, second } = consoles
    const names = Array.from({ length: 12 }, (_, index) => `topic-${index}`)

    await Promise.all(names.map((name, index) => create(index % 2 === 0 ? first : second, name)))
    await Promise.all([first, second].map(run => run.get(`${OPERATOR}/v4/initAllZk`)))

    for (const name of names) expect((await first.registry.get('topic', name))?.version).toBe(0)
    expect(await first.document('pproxy', '127.0.0.1:9613')).toMatchObject({
      topics: expect.arrayContaining(names),
    })
    // At most one more write per change than the first one.
    expect((await first.registry.get('pproxy', '127.0.0.1:9613'))?.version).toBeLessThanOrEqual(12)
  })

  test('a session that one console gave is good at the other, and so is its end', async () => {
    await using dir = await tempDir()
    const administrators = [{ name: 'ann', password: 'long-enough' }]
    await using consoles = await startTwo(dir.path, { administrators })
    const { first, second } = consoles
    const signIn = await first.bare(`${OPERATOR}/login?username=ann&password=long-enough`)
    const cookie = signIn.headers.get('set-cookie')?.split(';')[0] ?? ''
    const visit = async () => (await second.bare(`${OWN}/topics`, { headers: { cookie } })).status

    expect(await visit()).toBe(200)
    await first.bare(`${OPERATOR}/logout?username=ann`, { headers: { cookie } })
    expect(await visit()).toBe(401)
  })

  test('of two consoles on a new database one makes the first account', async () => {
    await using dir = await tempDir()
    await using consoles = await startTwo(dir.path)
    const passwords = [consoles.first, consoles.second].map(({ console }) => console.firstPassword)

    expect(passwords.filter(password => password !== undefined)).toHaveLength(1)
  })

  test('while the database is away requests are answered 503 in words, and 200 when it is back', async () => {
    await using dir = await tempDir()
    const database = mariadb.config(await mariadb.schema(), { waitMs: 2000 })
    await using run = await startConsole(dir.path, { database })
    await create(run, 'orders')

    await mariadb.server.kill()
    const away = await run.get(`${OWN}/topics`)
    await eventually(() => expect(run.problems().join()).toContain('ECONNREFUSED'))
    expect(await run.metric('ddmq_console_database_up')).toBe(0)
    await mariadb.server.start()

    expect(away).toMatchObject({ status: 503, body: { errno: 503 } })
    // Callers are not told where the database is.
    expect(away.body?.['errmsg']).toBe('the database cannot be used now')
    await eventually(async () => expect((await run.get(`${OWN}/topics`)).status).toBe(200))
    await eventually(() => expect(run.problems()).toEqual([]))
  })
})
