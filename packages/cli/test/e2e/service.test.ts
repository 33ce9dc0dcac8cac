import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { eventually, tempDir } from '@ddmq/testkit'
import { expect, onTestFinished, test } from 'vitest'
import { Ddmq } from './ddmq-process.ts'

/** A folder of the test's own, and a configuration file in it; JSON is YAML too. */
async function prepare(
  config: (home: string) => object,
): Promise<{ ddmq: Ddmq; home: string; file: string }> {
  const home = await tempDir()
  onTestFinished(() => home[Symbol.asyncDispose]())
  const file = join(home.path, 'service.yaml')
  await writeFile(file, JSON.stringify(config(home.path)))
  return { ddmq: new Ddmq(home.path), home: home.path, file }
}

const lone = (home: string) => ({ registry: { embedded: { dir: join(home, 'registry') } } })
const loneConsole = (home: string) => ({
  ...lone(home),
  console: { database: { sqlite: { file: join(home, 'console.db') } } },
})

test('one service runs by itself, commands find it, and SIGTERM ends it with exit code 0', async () => {
  const { ddmq, file } = await prepare(loneConsole)

  const banner = await ddmq.serve('console', '--config', file)
  const created = await ddmq.json('group', 'create', 'cg_alone')
  const alive = await fetch(`http://127.0.0.1:${ddmq.port(9610)}/livez`)
  const code = await ddmq.kill('SIGTERM')
  const afterwards = await ddmq.run('group', 'list')

  expect(banner).toContain(`http://127.0.0.1:${ddmq.port(8080)}/`)
  expect(created).toMatchObject([{ group: 'cg_alone' }])
  expect(alive.status).toBe(200)
  expect(code).toBe(0)
  expect(afterwards.code).toBe(69)
})

test('the configuration of a service shows no secret, also not one that stands in a file', async () => {
  const { ddmq, home, file } = await prepare(path => ({
    ...lone(path),
    console: {
      ...loneConsole(path).console,
      administrators: [{ name: 'root', passwordFile: join(path, 'password') }],
    },
  }))
  await writeFile(join(home, 'password'), 'not-to-be-shown\n')

  await ddmq.serve('console', '--config', file)
  const shown = await (await fetch(`http://127.0.0.1:${ddmq.port(9610)}/config`)).text()

  expect(JSON.parse(shown)).toMatchObject({
    console: { administrators: [{ name: 'root', password: '***' }] },
  })
  expect(shown).not.toContain('not-to-be-shown')
})

test.each([
  ['producer-proxy', 'producerProxy', 9611],
  ['consumer-proxy', 'consumerProxy', 9612],
  ['console', 'console', 9610],
])(
  '%s with a busy port, or a configuration that is wrong, says so in its last line',
  async (service, section, admin) => {
    const { ddmq, home, file } = await prepare(service === 'console' ? loneConsole : lone)
    const squatter = createServer().listen(ddmq.port(admin), '127.0.0.1')
    onTestFinished(() => void squatter.close())
    await once(squatter, 'listening')
    const wrong = join(home, 'wrong.yaml')
    await writeFile(wrong, JSON.stringify({ registry: {}, [section]: { port: -1 } }))

    const busy = await ddmq.run(service, '--config', file)
    const invalid = await ddmq.run(service, '--config', wrong)
    const absent = await ddmq.run(service)

    expect(busy.code).toBe(1)
    expect(busy.stderr.trimEnd().split('\n').at(-1)).toMatch(
      new RegExp(`^ddmq ${service}: .*:${ddmq.port(admin)} `),
    )
    expect(invalid.code).toBe(78)
    expect(invalid.stderr).toMatch(new RegExp(`registry: name one kind.*${section}.port`, 's'))
    expect(absent.code).toBe(78)
    expect(absent.stderr).toContain('registry')
  },
)

test('a console whose database cannot be reached waits, says for what, and ends when asked', async () => {
  const { ddmq, file } = await prepare(home => ({
    ...lone(home),
    console: { database: { mysql: { hosts: ['127.0.0.1:1'], user: 'ddmq', database: 'ddmq' } } },
  }))
  const { child, finished } = ddmq.start('console', '--config', file)
  const readiness = async () => fetch(`http://127.0.0.1:${ddmq.port(9610)}/readyz`)

  await eventually(async () => {
    const response = await readiness()
    expect(response.status).toBe(503)
    expect(await response.json()).toMatchObject({
      reason: expect.stringMatching(/^console is starting; .*127\.0\.0\.1:1\b/),
    })
  })
  child.kill('SIGTERM')

  expect(await finished).toMatchObject({ code: 0, stderr: '' })
})

test('a console whose brokers cannot be reached serves, and says which and where', async () => {
  const { ddmq, file } = await prepare(home => ({
    ...loneConsole(home),
    brokerClusters: { R_default: { kafka: { bootstrapServers: ['127.0.0.1:1'] } } },
  }))

  await ddmq.serve('console', '--config', file)

  expect((await ddmq.run('group', 'create', 'cg_without_brokers')).code).toBe(0)
  await eventually(async () => {
    const response = await fetch(`http://127.0.0.1:${ddmq.port(9610)}/readyz`)
    expect(response.status).toBe(503)
    expect(await response.json()).toMatchObject({
      reason: expect.stringMatching(/broker cluster R_default at 127\.0\.0\.1:1\b/),
    })
  }, 30_000)
})

test('migrate shows the SQL first, then runs it, and has nothing to do the second time', async () => {
  const { ddmq, file } = await prepare(loneConsole)
  const migrate = (...flags: string[]) => ddmq.json('console', 'migrate', '--config', file, ...flags)

  const [planned] = await migrate('--dry-run')
  const [done] = await migrate()
  const [again] = await migrate()

  expect(planned).toMatchObject({
    done: false,
    from: 0,
    statements: expect.arrayContaining([expect.any(String)]),
  })
  expect(done).toMatchObject({ done: true, statements: planned?.['statements'] })
  expect(again).toMatchObject({ from: planned?.['to'], statements: [] })
})

test('a proxy whose config tree cannot be reached is alive and says for what it waits, then gives up in one line', async () => {
  const { ddmq, file } = await prepare(() => ({
    registry: { zookeeper: { connect: '127.0.0.1:1', startTimeoutMs: '5s' } },
  }))
  const { finished } = ddmq.start('producer-proxy', '--config', file)

  await eventually(async () => {
    const response = await fetch(`http://127.0.0.1:${ddmq.port(9611)}/readyz`)
    expect(response.status).toBe(503)
    expect(await response.json()).toMatchObject({
      reason: expect.stringMatching(/^producer-proxy is starting; registry: .*127\.0\.0\.1:1\b/),
    })
  })
  const { code, stderr } = await finished

  expect(code).toBe(1)
  expect(stderr).toMatch(/^ddmq producer-proxy: registry did not start: .*127\.0\.0\.1:1.*\n$/)
})

test('config export and import carry a tree from one place to another', async () => {
  const { ddmq, home, file } = await prepare(loneConsole)
  await ddmq.serve('console', '--config', file)
  await ddmq.kill('SIGTERM')
  const other = join(home, 'other.yaml')
  await writeFile(other, JSON.stringify({ registry: { embedded: { dir: join(home, 'other') } } }))
  const exported = join(home, 'tree.json')

  await ddmq.json('config', 'export', exported, '--config', file)
  const [first] = await ddmq.json('config', 'import', exported, '--config', other)
  const [again] = await ddmq.json('config', 'import', exported, '--config', other)
  const original = await ddmq.run('config', 'export', '--config', file)
  const copy = await ddmq.run('config', 'export', '--config', other)

  expect(original.stdout).toContain('/carrera/v4/config/pproxy/127.0.0.1:9613')
  expect(nodesOf(copy.stdout)).toEqual(nodesOf(original.stdout))
  expect(first).toMatchObject({ kept: [] })
  expect(again).toMatchObject({ written: 0, kept: [] })
})

function nodesOf(text: string): unknown {
  return (JSON.parse(text) as { nodes: unknown }).nodes
}
