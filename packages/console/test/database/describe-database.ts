import { describe, expect, test } from 'vitest'
import type { AccountStore, MetadataStore, TouchedDocument } from '../../src/core/ports.ts'
import { newConf, newGroup, newSubscription, newTopic, SEED } from '../support/rows.ts'

export interface DatabaseFixture extends AsyncDisposable {
  readonly metadata: MetadataStore
  readonly accounts: AccountStore
}

export interface DatabaseHarness {
  readonly name: string
  /** That many started consoles over one new database, with their own connections where the database has any. */
  readonly open: (consoles: number) => Promise<readonly DatabaseFixture[]>
}

/** What every console database does. */
export function describeDatabase({ name, open }: DatabaseHarness): void {
  const one = async (): Promise<DatabaseFixture> => {
    const [first] = await open(1)
    if (first === undefined) throw new Error('the harness opened nothing')
    await first.metadata.write(rows => rows.seed(SEED))
    return first
  }

  describe(`console database: ${name}`, () => {
    metadataSuite(one)
    markSuite(one)
    accountSuite(one)
    exclusiveSuite(open)
  })
}

function metadataSuite(one: () => Promise<DatabaseFixture>): void {
  test('the seed is written once, and a row that is there is never changed', async () => {
    await using database = await one()
    const before = await database.metadata.inventory()

    await database.metadata.write(rows => rows.seed({ ...SEED, pproxyTemplate: { maxTps: 1 } }))

    expect(await database.metadata.inventory()).toEqual(before)
    expect(before).toMatchObject({
      clusters: [{ name: 'ddmq', idc: 'default' }],
      mqServers: [{ name: 'R_default', addr: 'embedded' }],
      relations: [{ kind: 'cproxy' }, { kind: 'pproxy', proxyConf: { maxTps: 3000 } }],
    })
  })

  test('what is stored is read back, in any script', async () => {
    await using database = await one()
    const topic = newTopic('orders', {
      description: 'заказы 注文 📦 \' " \\ %_',
      delayTopic: true,
      alarmGroup: ['a', 'é'],
      extraParams: { k: 'v' },
    })
    const group = newGroup('cg_a', { owners: 'ann;', alarmEnabled: false, extraParams: { g: '1' } })
    const subscription = newSubscription({
      maxTps: 999_999_999,
      alarm: { enabled: false, msgLag: 5, delayTimeMs: 7 },
      urls: ['http://h/a?b=c&d=%20'],
      retryIntervals: [1, -1],
      tokenKey: 'тайна',
      startFrom: 'earliest',
    })

    await database.metadata.write(async rows => {
      await rows.insertTopic(topic, [newConf({ clientIdcs: { bj: 3 } })])
      await rows.insertGroup(group)
      await rows.insertSubscriptions([subscription])
      await rows.insertNode({ clusterId: 1, host: '10.0.0.1', kind: 'cproxy', seeded: true })
    })

    const inventory = await database.metadata.inventory()
    expect(inventory.topics).toEqual([
      {
        id: 1,
        ...topic,
        autoBatch: false,
        compressionType: 0,
        delay: { misfire: 'all', paused: false },
        createTime: '2026-03-01 10:20:30',
      },
    ])
    expect(inventory.confs).toEqual([{ id: 1, topicId: 1, ...newConf({ clientIdcs: { bj: 3 } }) }])
    expect(inventory.groups).toEqual([
      { id: 1, ...group, asyncThreads: 8, createTime: '2026-03-01 10:20:30' },
    ])
    expect(inventory.subscriptions).toEqual([
      {
        id: 1,
        ...subscription,
        enabled: false,
        needsStart: true,
        concurrency: 1024,
        maxPullBatchSize: 8,
        createTime: '2026-03-01 10:20:30',
      },
    ])
    expect(inventory.nodes).toEqual([{ id: 1, clusterId: 1, host: '10.0.0.1', kind: 'cproxy', seeded: true }])
  })

  test('the settings of a delay topic are kept beside what the original keeps of a topic', async () => {
    await using database = await one()
    const delay = { misfire: 'skip', paused: true } as const
    const ids = await database.metadata.write(async rows => [
      await rows.insertTopic(newTopic('later', { delayTopic: true }), [newConf()]),
      await rows.insertTopic(newTopic('evening', { delayTopic: true }), [newConf()]),
    ])

    await database.metadata.write(rows => rows.setTopicDelay(ids[0] ?? 0, delay))

    const defaults = { misfire: 'all', paused: false }
    expect((await database.metadata.inventory()).topics).toMatchObject([
      { name: 'later', delay, autoBatch: false, compressionType: 0 },
      { name: 'evening', delay: defaults },
    ])
  })

  test('names are told apart by case and by accent', async () => {
    await using database = await one()
    const names = ['cg_a', 'cg_A', 'cg_á']

    for (const name of names) await database.metadata.write(rows => rows.insertGroup(newGroup(name)))
    await database.metadata.write(rows => rows.insertTopic(newTopic('orders'), []))

    expect((await database.metadata.inventory()).groups.map(group => group.name)).toEqual(names)
    expect(await database.metadata.topicNameTaken('orders')).toBe(true)
    expect(await database.metadata.topicNameTaken('Orders')).toBe(false)
  })

  test('a cluster of hundreds of proxies takes topics and subscriptions like any other', async () => {
    await using database = await one()
    const hosts = Array.from({ length: 300 }, (_, index) => `proxy-${index}.example.org:19613`)

    await database.metadata.write(async rows => {
      for (const host of hosts) {
        await rows.insertNode({ clusterId: 1, host, kind: 'pproxy', seeded: false })
        await rows.insertNode({ clusterId: 1, host, kind: 'cproxy', seeded: false })
      }
      await rows.insertTopic(newTopic('orders'), [newConf()])
      await rows.insertSubscriptions([newSubscription()])
    })

    const { nodes, confs, subscriptions } = await database.metadata.inventory()
    expect([nodes.length, confs.length, subscriptions.length]).toEqual([600, 1, 1])
  })

  test('a transaction that throws leaves nothing', async () => {
    await using database = await one()

    const failing = database.metadata.write(async rows => {
      await rows.insertGroup(newGroup('cg_a'))
      await rows.touch([mark('group', 'cg_a')])
      throw new Error('in the middle')
    })

    await expect(failing).rejects.toThrow('in the middle')
    expect((await database.metadata.inventory()).groups).toEqual([])
    expect(await database.metadata.marks()).toEqual([])
  })

  test('the first enable notes that the start is set; disabling and enabling again keeps that', async () => {
    await using database = await one()
    const set = (enabled: boolean) => database.metadata.write(rows => rows.setSubscriptionEnabled(1, enabled))
    await database.metadata.write(rows => rows.insertSubscriptions([newSubscription()]))
    const states: unknown[] = []

    for (const enabled of [true, false, true]) {
      await set(enabled)
      const [subscription] = (await database.metadata.inventory()).subscriptions
      states.push([subscription?.enabled, subscription?.needsStart])
    }

    expect(states).toEqual([
      [true, false],
      [false, false],
      [true, false],
    ])
  })

  test('a deleted group takes its subscriptions along, and its name is free however often that happens', async () => {
    await using database = await one()
    const { metadata } = database
    await metadata.write(rows => rows.insertGroup(newGroup('cg_other')))

    for (let round = 0; round < 130; round++) {
      await metadata.write(async rows => {
        const groupId = await rows.insertGroup(newGroup('cg_a'))
        await rows.insertSubscriptions([newSubscription({ groupId })])
        await rows.deleteGroup(groupId, 'ann')
      })
    }

    const { inventory, withdrawn } = await metadata.publicationState()
    expect(inventory.groups.map(group => group.name)).toEqual(['cg_other'])
    expect(inventory.subscriptions).toEqual([])
    expect(withdrawn).toEqual([mark('group', 'cg_a')])
  })

  test('deleted nodes and subscriptions are gone from the inventory, and may come again', async () => {
    await using database = await one()
    const { metadata } = database
    const node = { clusterId: 1, host: '10.0.0.1', kind: 'pproxy', seeded: false } as const

    for (let round = 0; round < 3; round++) {
      const [nodeId, [subscriptionId = 0]] = await metadata.write(async rows => [
        await rows.insertNode(node),
        await rows.insertSubscriptions([newSubscription()]),
      ])
      expect((await metadata.inventory()).nodes).toHaveLength(1)
      await metadata.write(async rows => {
        await rows.deleteNode(nodeId)
        await rows.deleteSubscription(subscriptionId)
      })
    }

    const { nodes, subscriptions } = await metadata.inventory()
    expect([nodes, subscriptions]).toEqual([[], []])
  })

  test('broker clusters come, move and go with their relations, and topics enter and leave them', async () => {
    await using database = await one()
    const { metadata } = database
    const [cluster] = (await metadata.inventory()).clusters
    if (cluster === undefined) throw new Error('the seed has a cluster')
    const templates = { pproxy: { a: 1 }, cproxy: {} }
    const mqServer = { name: 'K_two', addr: 'k:9092', type: 1, cluster, templates }
    const topic = await metadata.write(async rows => {
      const id = await rows.insertTopic(newTopic('orders'), [newConf()])
      return { id, name: 'orders' }
    })

    const mqServerId = await metadata.write(rows => rows.insertMqServer(mqServer))
    await metadata.write(rows => rows.insertTopicConf(topic, newConf({ mqServerId })))
    await metadata.write(rows => rows.setMqServerAddr(mqServerId, 'k1:9092,k2:9092'))
    const during = await metadata.inventory()
    const added = during.confs.find(conf => conf.mqServerId === mqServerId)
    await metadata.write(async rows => {
      await rows.deleteTopicConf(added?.id ?? 0)
      await rows.deleteMqServer(mqServerId)
    })

    expect(during.mqServers.at(-1)).toMatchObject({ name: 'K_two', addr: 'k1:9092,k2:9092', type: 1 })
    expect(during.relations.filter(relation => relation.mqServerId === mqServerId)).toHaveLength(2)
    expect(during.confs).toHaveLength(2)
    const { inventory, withdrawn } = await metadata.publicationState()
    expect(inventory.mqServers.map(({ name }) => name)).toEqual(['R_default'])
    expect([inventory.confs.length, inventory.relations.length]).toEqual([1, 2])
    expect(withdrawn).toEqual([mark('broker', 'K_two')])
  })

  test('a proxy that is gone for good is told apart from one out of service, until it comes back', async () => {
    await using database = await one()
    const { metadata } = database
    const insert = (host: string) =>
      metadata.write(rows => rows.insertNode({ clusterId: 1, host, kind: 'cproxy', seeded: true }))
    const withdrawn = async () => (await metadata.publicationState()).withdrawn
    const [gone, resting] = [await insert('10.0.0.1'), await insert('10.0.0.2')]

    await metadata.write(rows => rows.withdrawNode(gone))
    await metadata.write(rows => rows.deleteNode(resting))
    expect(await withdrawn()).toEqual([mark('cproxy', '10.0.0.1:9713')])
    expect((await metadata.inventory()).nodes).toEqual([])

    const again = await insert('10.0.0.1:9713')
    expect(await withdrawn()).toEqual([])
    await metadata.write(rows => rows.deleteNode(again))
    expect(await withdrawn()).toEqual([])
  })
}

function mark(kind: TouchedDocument['kind'], name: string): TouchedDocument {
  return { kind, name }
}

function markSuite(one: () => Promise<DatabaseFixture>): void {
  test('marks are kept in the order of the changes until they are removed', async () => {
    await using database = await one()
    const { metadata } = database
    await metadata.write(rows => rows.touch([mark('topic', 't'), mark('pproxy', 'h:1')]))
    await metadata.write(rows => rows.touch([mark('pproxy', 'h:1'), mark('topic', 't')]))
    const marks = await metadata.marks()

    await metadata.removeMarks(marks.slice(0, 2).map(({ id }) => id))
    await metadata.removeMarks([...marks.slice(0, 1).map(({ id }) => id), 999_999])

    expect(marks.map(({ kind, name }) => mark(kind, name))).toEqual([
      mark('topic', 't'),
      mark('pproxy', 'h:1'),
      mark('pproxy', 'h:1'),
      mark('topic', 't'),
    ])
    expect(await metadata.marks()).toEqual(marks.slice(2))
  })

  test('thousands of marks of one change are written and removed', async () => {
    await using database = await one()
    const { metadata } = database
    const documents = Array.from({ length: 2100 }, (_, index) => mark('topic', `t${index}`))

    await metadata.write(rows => rows.touch(documents))
    const marks = await metadata.marks()
    await metadata.removeMarks(marks.map(({ id }) => id))

    expect(marks.map(({ name }) => name)).toEqual(documents.map(({ name }) => name))
    expect(await metadata.marks()).toEqual([])
  })

  test('rows and marks are seen as of one moment', async () => {
    await using database = await one()
    const { metadata } = database
    const progress = { isWriting: true }
    const writer = (async () => {
      for (let index = 0; index < 60; index++) {
        await metadata.write(async rows => {
          await rows.touch([mark('group', `cg_${index}`)])
          await rows.insertGroup(newGroup(`cg_${index}`))
        })
      }
      progress.isWriting = false
    })()

    const torn: unknown[] = []
    while (progress.isWriting) {
      const { inventory, marks } = await metadata.publicationState()
      if (inventory.groups.length !== marks.length) torn.push([inventory.groups.length, marks.length])
    }
    await writer

    expect(torn).toEqual([])
    expect(await metadata.marks()).toHaveLength(60)
  })
}

function accountSuite(one: () => Promise<DatabaseFixture>): void {
  test('a replaced password ends the sessions of that account only', async () => {
    await using database = await one()
    const { accounts } = database
    await accounts.putAccount('ann', 'hash-1')
    await accounts.putAccount('bob', 'hash-2')
    await accounts.putSession('s-ann', 'ann', 1000)
    await accounts.putSession('s-bob', 'bob', 1000)

    await accounts.putAccount('ann', 'hash-3')

    expect(await accounts.accountNames()).toEqual(['ann', 'bob'])
    expect(await accounts.passwordHash('ann')).toBe('hash-3')
    expect(await accounts.passwordHash('Ann')).toBeUndefined()
    expect(await accounts.sessionAccount('s-ann', 0)).toBeUndefined()
    expect(await accounts.sessionAccount('s-bob', 0)).toBe('bob')
  })

  test('a session lasts until its time or its end', async () => {
    await using database = await one()
    const { accounts } = database
    await accounts.putAccount('ann', 'hash')
    await accounts.putSession('s1', 'ann', 1_900_000_000_000)
    await accounts.putSession('s2', 'ann', 1_900_000_000_001)

    expect(await accounts.sessionAccount('s1', 1_899_999_999_999)).toBe('ann')
    expect(await accounts.sessionAccount('s1', 1_900_000_000_000)).toBeUndefined()
    await accounts.deleteExpiredSessions(1_900_000_000_000)
    await accounts.deleteSession('s2')
    expect(await accounts.sessionAccount('s1', 0)).toBeUndefined()
    expect(await accounts.sessionAccount('s2', 0)).toBeUndefined()
  })

  test('a token has a name of its own', async () => {
    await using database = await one()
    const { accounts } = database

    expect(await accounts.insertToken('ci', 'h1', 1)).toBe(true)
    expect(await accounts.insertToken('ci', 'h2', 2)).toBe(false)
    expect(await accounts.insertToken('cd', 'h3', 3)).toBe(true)
    expect(await accounts.tokens()).toEqual([
      { name: 'cd', createdMs: 3 },
      { name: 'ci', createdMs: 1 },
    ])
    expect(await accounts.tokenName('h1')).toBe('ci')
    expect(await accounts.tokenName('h2')).toBeUndefined()
    expect([await accounts.deleteToken('ci'), await accounts.deleteToken('ci')]).toEqual([true, false])
  })
}

function insertUnlessThere({ metadata }: DatabaseFixture): Promise<void> {
  return metadata.exclusively('change', async store => {
    const { groups } = await store.inventory()
    if (groups.length > 0) throw new Error('is there')
    await store.write(rows => rows.insertGroup(newGroup('cg_a')))
  })
}

function exclusiveSuite(open: (consoles: number) => Promise<readonly DatabaseFixture[]>): void {
  test('exclusive work of all consoles is done one after the other, of two kinds side by side', async () => {
    const consoles = await open(2)
    await using stack = new AsyncDisposableStack()
    for (const console of consoles) stack.use(console)
    let inside = 0
    const most: number[] = []
    const work = async () => {
      inside += 1
      most.push(inside)
      await new Promise(resolve => setImmediate(resolve))
      inside -= 1
    }

    await Promise.all(
      [...consoles, ...consoles, ...consoles].map(({ metadata }) => metadata.exclusively('change', work)),
    )
    const both = consoles[0]?.metadata.exclusively('change', () =>
      Promise.resolve(consoles[1]?.metadata.exclusively('publish', () => Promise.resolve('inside'))),
    )

    expect(Math.max(...most)).toBe(1)
    expect(await both).toBe('inside')
  })

  test('what one console checked and wrote no other one can have written meanwhile', async () => {
    const consoles = await open(2)
    await using stack = new AsyncDisposableStack()
    for (const console of consoles) stack.use(console)

    const outcomes = await Promise.allSettled([...consoles, ...consoles, ...consoles].map(insertUnlessThere))

    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  })

  test('a lock is free again after work that throws', async () => {
    const [console] = await open(1)
    await using database = console
    const failing = database?.metadata.exclusively('change', () => Promise.reject(new Error('no')))
    await expect(failing).rejects.toThrow('no')

    expect(await database?.metadata.exclusively('change', () => Promise.resolve('yes'))).toBe('yes')
  })
}
