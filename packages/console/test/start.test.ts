import { readdir, readFile, rm, stat } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { tempDir } from '@ddmq/testkit'
import { expect, test } from 'vitest'
import { OPERATOR, OWN, subBody, topicBody } from './support/bodies.ts'
import { type ConsoleRun, startConsole } from './support/console-run.ts'

async function tree(run: ConsoleRun) {
  const kinds = ['topic', 'group', 'pproxy', 'cproxy', 'broker'] as const
  const nodes: Record<string, unknown> = {}
  for (const kind of kinds) {
    for (const name of await run.registry.list(kind))
      nodes[`${kind}/${name}`] = await run.registry.get(kind, name)
  }
  return nodes
}

/** Paths of the container nodes below the folder of the tree, with their texts. */
async function containers(folder: string): Promise<Record<string, string>> {
  const files = await readdir(folder, { recursive: true, withFileTypes: true })
  const found = files.filter(file => file.name === '.container')
  const texts = found.map(async file => {
    const text = await readFile(join(file.parentPath, file.name), 'utf8')
    return [relative(folder, file.parentPath), text.split('\n').at(1)?.trim() ?? text.trim()] as const
  })
  return Object.fromEntries(await Promise.all(texts))
}

test('CO-1 CM-2 initZkPath leaves exactly the seven container nodes with their text, however often', async () => {
  await using dir = await tempDir()
  await using run = await startConsole(dir.path)
  await rm(join(dir.path, 'registry'), { recursive: true })

  const first = await run.get(`${OPERATOR}/v4/initZkPath`)
  const second = await run.get(`${OPERATOR}/v4/initZkPath`)

  expect([first.body?.['errno'], second.body?.['errno']]).toEqual([0, 0])
  expect(await containers(join(dir.path, 'registry'))).toEqual({
    broker: 'default',
    cproxy: 'default',
    group: 'default',
    'monitor/assigned': 'default',
    'monitor/host': 'default',
    pproxy: 'default',
    topic: 'default',
  })
})

test('CO-2 initAllZk twice leaves the same documents at the same versions and adds nothing', async () => {
  await using dir = await tempDir()
  await using run = await startConsole(dir.path)
  await run.post(`${OWN}/topics`, { topic: 'orders' })
  await run.post(`${OWN}/groups`, { group: 'cg_a' })
  await run.post(`${OWN}/subscriptions`, { group: 'cg_a', topic: 'orders' })
  const before = await tree(run)

  const first = await run.get(`${OPERATOR}/v4/initAllZk`)
  const second = await run.get(`${OPERATOR}/v4/initAllZk`)

  expect([first.body?.['errno'], second.body?.['errno']]).toEqual([0, 0])
  expect(await tree(run)).toEqual(before)
  expect(Object.keys(before)).toEqual([
    'topic/orders',
    'group/cg_a',
    'pproxy/127.0.0.1:9613',
    'cproxy/127.0.0.1:9713',
    'broker/R_default',
  ])
})

test('CO-2 initAllZk restores a document that is gone', async () => {
  await using dir = await tempDir()
  await using run = await startConsole(dir.path)
  await run.post(`${OWN}/topics`, { topic: 'orders' })
  const before = await run.document('topic', 'orders')
  await run.registry.delete('topic', 'orders')

  await run.get(`${OPERATOR}/v4/initAllZk`)

  expect(await run.document('topic', 'orders')).toEqual(before)
})

test('CM-3 CM-39 a first start seeds the database and publishes the documents of its proxies', async () => {
  await using dir = await tempDir()
  await using run = await startConsole(dir.path)
  const database = new DatabaseSync(join(dir.path, 'console.db'), { readOnly: true })
  const names = (table: string) =>
    database
      .prepare(`SELECT name FROM ${table}`)
      .all()
      .map(row => row['name'])

  expect([names('idc'), names('cluster'), names('mq_server')]).toEqual([['default'], ['ddmq'], ['R_default']])
  database.close()
  expect(await run.document('pproxy', '127.0.0.1:9613')).toMatchObject({
    instance: '127.0.0.1:9613',
    proxyCluster: 'P_ddmq',
    brokerClusters: ['R_default'],
    topics: [],
    carreraConfiguration: {
      useRocketmq: false,
      useKafka: false,
      tpsWarningRatio: 0.8,
      retryDelays: [200, 500, 1000, 5000, 10_000],
      embeddedConfigurationMap: { R_default: { clusterName: 'R_default' } },
    },
  })
  expect(await run.document('cproxy', '127.0.0.1:9713')).toMatchObject({
    instance: '127.0.0.1:9713',
    proxyCluster: 'C_ddmq',
    groups: [],
    embeddedConfigs: { R_default: { clusterName: 'R_default' } },
    thriftServer: { port: 9713, workerThreads: 128 },
  })
  expect(await run.document('broker', 'R_default')).toEqual({
    brokerCluster: 'R_default',
    brokerClusterAddrs: 'embedded',
    brokers: {},
    pproxies: { P_ddmq: ['127.0.0.1:9613'] },
    cproxies: { C_ddmq: ['127.0.0.1:9713'] },
  })
})

test('a start deletes the document of a group whose deletion was stopped before it was published', async () => {
  await using dir = await tempDir()
  {
    await using run = await startConsole(dir.path)
    await run.post(`${OWN}/topics`, { topic: 'orders' })
    for (const group of ['cg_gone', 'cg_stays']) {
      await run.post(`${OWN}/groups`, { group })
      await run.post(`${OWN}/subscriptions`, { group, topic: 'orders' })
    }
  }
  const database = new DatabaseSync(join(dir.path, 'console.db'))
  for (const table of ['consume_group', 'consume_subscription'])
    database.exec(`UPDATE ${table} SET is_delete = id WHERE group_name = 'cg_gone'`)
  database.close()

  await using run = await startConsole(dir.path)

  expect(await run.registry.list('group')).toEqual(['cg_stays'])
})

async function signInAsAdmin(run: ConsoleRun, password: string): Promise<unknown> {
  return (await run.bare(`${OPERATOR}/login?username=admin&password=${password}`)).body?.['data']
}

test('a lost first password is replaced by a start with administrators, and stays replaced without them', async () => {
  await using dir = await tempDir()
  let lost = ''
  {
    await using run = await startConsole(dir.path)
    lost = run.console.firstPassword?.password ?? ''
    expect(await signInAsAdmin(run, lost)).toBe('success')
  }
  {
    const administrators = [{ name: 'admin', password: 'found-again' }]
    await using run = await startConsole(dir.path, { administrators })
    expect([await signInAsAdmin(run, lost), await signInAsAdmin(run, 'found-again')]).toEqual([
      'fail',
      'success',
    ])
    expect(run.console.firstPassword).toBeUndefined()
  }

  await using run = await startConsole(dir.path)

  expect(await signInAsAdmin(run, 'found-again')).toBe('success')
  expect(run.console.firstPassword).toBeUndefined()
})

test('a changed password ends the sessions that were begun with the old one, a restart alone does not', async () => {
  await using dir = await tempDir()
  const start = (password: string) => startConsole(dir.path, { administrators: [{ name: 'ann', password }] })
  const visit = async (password: string, cookie: string) => {
    await using run = await start(password)
    return (await run.bare(`${OWN}/topics`, { headers: { cookie } })).status
  }
  let cookie = ''
  {
    await using run = await start('first-secret')
    const answer = await run.bare(`${OPERATOR}/login?username=ann&password=first-secret`)
    cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? ''
  }

  expect(await visit('first-secret', cookie)).toBe(200)
  expect(await visit('second-secret', cookie)).toBe(401)
})

test('a start with other proxy addresses replaces the old ones everywhere', async () => {
  await using dir = await tempDir()
  {
    await using run = await startConsole(dir.path)
    await run.post(`${OWN}/topics`, { topic: 'orders' })
    await run.post(`${OWN}/groups`, { group: 'cg_a' })
    await run.post(`${OWN}/subscriptions`, { group: 'cg_a', topic: 'orders' })
  }

  await using run = await startConsole(dir.path, {
    seed: { producerProxies: ['127.0.0.1:9813'], consumerProxies: ['127.0.0.1:9913'] },
  })

  expect(await run.document('topic', 'orders')).toMatchObject({
    topicUnits: [{ proxies: { P_ddmq: ['127.0.0.1:9813'] } }],
  })
  expect(await run.document('group', 'cg_a')).toMatchObject({
    topics: [{ proxies: { C_ddmq: ['127.0.0.1:9913'] } }],
  })
  expect(await run.registry.list('pproxy')).toEqual(['127.0.0.1:9813'])
  expect(await run.registry.list('cproxy')).toEqual(['127.0.0.1:9913'])
  expect(await run.document('pproxy', '127.0.0.1:9813')).toMatchObject({
    topics: ['orders'],
    carreraConfiguration: { thriftServer: { port: 9813 } },
  })
  expect(await run.document('cproxy', '127.0.0.1:9913')).toMatchObject({
    groups: ['cg_a'],
    thriftServer: { port: 9913 },
  })
})

test('a start publishes what the tree has lost, and shows a topic that the log has lost beside the others', async () => {
  await using dir = await tempDir()
  {
    await using run = await startConsole(dir.path)
    await run.post(`${OWN}/topics`, { topic: 'orders' })
    await run.post(`${OWN}/groups`, { group: 'cg_a' })
    await run.post(`${OWN}/subscriptions`, { group: 'cg_a', topic: 'orders' })
  }
  await rm(join(dir.path, 'registry'), { recursive: true })
  await rm(join(dir.path, 'log'), { recursive: true })

  await using run = await startConsole(dir.path)
  await run.post(`${OWN}/topics`, { topic: 'bills', partitions: 1 })

  expect(await run.document('topic', 'orders')).toMatchObject({ topic: 'orders' })
  expect(await run.document('group', 'cg_a')).toMatchObject({ topics: [{ topic: 'orders', enabled: true }] })
  expect((await run.get(`${OWN}/topics`)).body?.['data']).toEqual([
    { topic: 'orders', partitions: 0, brokerClusters: ['R_default'] },
    { topic: 'bills', partitions: 1, brokerClusters: ['R_default'] },
  ])
  expect((await run.get(`${OWN}/stats`)).body?.['errno']).toBe(0)
})

test('the first start makes an administrator, later ones do not; no password is stored in clear', async () => {
  await using dir = await tempDir()
  let password = ''
  {
    await using run = await startConsole(dir.path)
    expect(run.console.firstPassword?.user).toBe('admin')
    password = run.console.firstPassword?.password ?? ''
  }

  await using run = await startConsole(dir.path)

  expect(run.console.firstPassword).toBeUndefined()
  const answer = await run.bare(`${OPERATOR}/login?username=admin&password=${password}`)
  expect(answer.body?.['data']).toBe('success')
  expect(await readFile(join(dir.path, 'console.db'), 'latin1')).not.toContain(password)
  expect((await stat(join(dir.path, 'console.db'))).mode & 0o777).toBe(0o600)
})

test('metadata, tokens and sessions are there after a restart', async () => {
  await using dir = await tempDir()
  let token = ''
  {
    await using run = await startConsole(dir.path)
    await run.post(`${OPERATOR}/createTopic`, topicBody('orders'))
    token = String((await run.post(`${OWN}/tokens`, { name: 'ci' })).body?.['data'].token)
  }

  await using run = await startConsole(dir.path)

  const topics = await run.bare(`${OWN}/topics`, { headers: { authorization: `Bearer ${token}` } })
  expect(topics.body?.['data']).toEqual([{ topic: 'orders', partitions: 8, brokerClusters: ['R_default'] }])
  expect((await run.post(`${OPERATOR}/createSub`, subBody())).body?.['errmsg']).toBe('group not exist')
})

test('a busy port is an error that names host and port, and does not use up the first password', async () => {
  await using dir = await tempDir()
  await using other = await tempDir()
  await using run = await startConsole(dir.path)
  const { port } = run.console

  await expect(startConsole(other.path, { port })).rejects.toThrow(`127.0.0.1:${port}`)
  await using later = await startConsole(other.path)

  expect(later.console.firstPassword).toBeDefined()
})

test('a stop ends a tail that waits', async () => {
  await using dir = await tempDir()
  await using run = await startConsole(dir.path)
  await run.post(`${OWN}/topics`, { topic: 'orders' })
  const waiting = run.get(`${OWN}/topics/orders/tail`)
  const response = await fetch(`${run.url}${OWN}/topics/orders/tail`, {
    headers: { authorization: `Bearer ${run.console.operatorToken}` },
  })

  await run.stop()

  expect((await response.text()).trim()).toBe('')
  expect((await waiting).text.trim()).toBe('')
})
