import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { metricProblems } from '@ddmq/common/metrics'
import { type GroupConfig, nodePath, serializeDocument } from '@ddmq/common/registry'
import { groupDocument, topicDocument } from '@ddmq/common/registry/conformance'
import { zookeeperSettingsSchema } from '@ddmq/common/registry/zookeeper'
import {
  eventually,
  FaultProxy,
  serverPort,
  spawnNode,
  startZooKeeper,
  type ZooKeeperEnsemble,
  zookeeperMissing,
} from '@ddmq/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openRegistry, rawNodes, settingsFor } from './fixture.ts'
import { needs } from './requirement.ts'

const reason = zookeeperMissing()

describe.skipIf(reason !== undefined)(`ZooKeeper${needs(reason)}`, () => {
  let ensemble: ZooKeeperEnsemble
  beforeAll(async () => {
    ensemble = await startZooKeeper({ nodes: 1 })
  })
  afterAll(async () => ensemble[Symbol.asyncDispose]())

  test('CM-1 CM-4 documents are where the original has them, as ZooKeeper itself reads them', async () => {
    const chroot = `/${randomUUID()}`
    await using opened = await openRegistry(settingsFor(`${ensemble.connectString}${chroot}`))
    await using again = await openRegistry(
      settingsFor(`${ensemble.connectString}${chroot}/carrera/v4/config`),
    )
    const document = topicDocument('t1', 7)

    await opened.registry.createContainers()
    await opened.registry.put('topic', 't1', document)

    const lines = (await ensemble.shell('get', `${chroot}/carrera/v4/config/topic/t1`)).split('\n')
    expect(lines).toContain(serializeDocument('topic', document))
    expect((await ensemble.shell('get', `${chroot}/carrera/v4/config/monitor/host`)).split('\n')).toContain(
      'default',
    )
    expect((await again.registry.get('topic', 't1'))?.value).toEqual(document)
  })

  test('CM-18 CM-21 another writer: placeholder first, then the document, then one that is broken', async () => {
    const settings = settingsFor(ensemble.connectString)
    await using opened = await openRegistry(settings)
    const { registry, metrics } = opened
    await registry.createContainers()
    const path = `${settings.connect.slice(settings.connect.indexOf('/'))}${nodePath('topic', 't1')}`
    const seen: (number | undefined)[] = []
    await registry.watch('topic', 't1', current => void seen.push(current?.value.topicUnits[0]?.maxTps))

    await ensemble.shell('create', path, 'carrera')
    await ensemble.shell('set', path, serializeDocument('topic', topicDocument('t1', 5)))
    await eventually(() => expect(seen).toEqual([undefined, 5]))
    await ensemble.shell('set', path, '{"topic":')
    await eventually(() => expect(registry.problems()).toMatchObject([{ path: nodePath('topic', 't1') }]))

    expect(seen).toEqual([undefined, 5])
    expect(await metrics.metrics()).toContain('ddmq_registry_rejected_documents_total{kind="topic"} 1')
  })

  test('a node without data, and one that is deleted and made again by others, are followed', async () => {
    const settings = settingsFor(ensemble.connectString)
    await using opened = await openRegistry(settings)
    await using raw = rawNodes(settings)
    const { registry } = opened
    const seen: (number | undefined)[] = []
    await raw.writeRaw(nodePath('topic', 't1'), '')
    await registry.watch('topic', 't1', current => void seen.push(current?.value.topicUnits[0]?.maxTps))
    expect(registry.problems()).toHaveLength(1)

    await raw.writeRaw(nodePath('topic', 't1'), serializeDocument('topic', topicDocument('t1', 1)))
    await eventually(() => expect(seen).toEqual([1]))
    await raw.removeRaw(nodePath('topic', 't1'))
    await eventually(() => expect(seen).toEqual([1, undefined]))
    await raw.writeRaw(nodePath('topic', 't1'), serializeDocument('topic', topicDocument('t1', 2)))
    await eventually(() => expect(seen).toEqual([1, undefined, 2]))
  })

  test('a document that does not fit is refused before it is written; one just below is stored', async () => {
    await using opened = await openRegistry(settingsFor(ensemble.connectString))
    const { registry } = opened

    await expect(registry.put('group', 'cg_a', groupOfBytes(1_000_000))).rejects.toMatchObject({
      code: 'REGISTRY_DOCUMENT_TOO_LARGE',
    })
    expect(await registry.put('group', 'cg_a', groupOfBytes(999_000))).toBe(0)

    expect((await registry.get('group', 'cg_a'))?.value.alarmGroup?.[0]).toHaveLength(999_000)
    expect(opened.logger.withMessage('session with ZooKeeper lost')).toEqual([])
  })

  test('with the greatest limit that the server allows, a document of that size is stored', async () => {
    await using opened = await openRegistry(settingsFor(ensemble.connectString, { maxNodeBytes: 1_048_575 }))
    const group = { ...groupDocument('cg_a'), alarmGroup: ['x'.repeat(1_047_900)] }

    expect(await opened.registry.put('group', 'cg_a', group)).toBe(0)
  })

  test.each(['a/b', '.', '..', 'nul\u0000', 'del\u007f', '\u{1f600}', '\ue000', '\ufff0'])(
    'a name that ZooKeeper does not allow is refused: %j',
    async name => {
      await using opened = await openRegistry(settingsFor(ensemble.connectString))

      for (const call of [
        opened.registry.get('topic', name),
        opened.registry.put('topic', name, topicDocument(name)),
        opened.registry.delete('topic', name),
        opened.registry.watch('topic', name, () => undefined),
      ]) {
        await expect(call).rejects.toMatchObject({ code: 'REGISTRY_NAME_INVALID' })
      }
    },
  )

  test('nodes of a user are closed to others, and a wrong password is one clear line, tried again', async () => {
    const auth = { user: 'ddmq', password: 'right' }
    const settings = settingsFor(ensemble.connectString, { auth, acl: 'creator' })
    await using opened = await openRegistry(settings)
    await opened.registry.createContainers()
    expect(await opened.registry.put('topic', 't1', topicDocument('t1', 1), { expectedVersion: -1 })).toBe(0)
    expect(await opened.registry.put('topic', 't1', topicDocument('t1', 2))).toBe(1)
    const path = `${settings.connect.slice(settings.connect.indexOf('/'))}${nodePath('topic', 't1')}`
    await expect(ensemble.shell('get', path)).rejects.toThrow(/permission|NoAuth/i)

    const wrong = settingsFor(settings.connect, {
      auth: { user: 'ddmq', password: 'wrong-one' },
      startTimeoutMs: 3_000,
    })
    const failure = await openRegistry(wrong).catch((thrown: unknown) => thrown)
    expect(failure).toMatchObject({
      code: 'REGISTRY_UNAVAILABLE',
      message: expect.stringContaining(`ZooKeeper ${settings.connect} refuses user ddmq`),
    })
    expect(String(failure)).not.toContain('wrong-one')
    await expect(openRegistry(settingsFor(settings.connect, { startTimeoutMs: 3_000 }))).rejects.toThrow(
      /refuses a client without user/,
    )
  })

  test('a start that finds nobody says where and why', async () => {
    const port = await serverPort()

    await expect(impatientStart(`127.0.0.1:${port}`)).rejects.toThrow(
      `127.0.0.1:${port} refuses the connection`,
    )
    await expect(impatientStart('no-such-host.invalid:2181')).rejects.toThrow(
      'no-such-host.invalid:2181 cannot be looked up',
    )
  })

  test('CM-19 what changed while the session of a frozen process expired is applied when it goes on', async () => {
    const settings = settingsFor(ensemble.connectString)
    await using opened = await openRegistry(settings)
    await opened.registry.put('topic', 't1', topicDocument('t1', 1))
    await using child = spawnNode(join(import.meta.dirname, 'follow-topic.ts'), [settings.connect])
    await child.waitForLine(/^following$/)
    const expiries = async () =>
      (await ensemble.nodes[0]?.process.log())?.split('Expiring session').length ?? 0
    const before = await expiries()

    child.kill('SIGSTOP')
    await eventually(async () => expect(await expiries()).toBeGreaterThan(before), 20_000)
    await opened.registry.put('topic', 't1', topicDocument('t1', 2))
    await opened.registry.put('topic', 't1', topicDocument('t1', 3))
    child.kill('SIGCONT')

    await child.waitForLine(/^rate 3$/)
    await opened.registry.put('topic', 't1', topicDocument('t1', 4))
    await child.waitForLine(/^rate 4$/)
    expect(child.lines).toEqual(['rate 1', 'following', 'rate 3', 'rate 4'])
  })

  test('CM-19 a session that changes while a listener takes its first value leaves no node unwatched', async () => {
    const port = Number(/:(\d+)/.exec(ensemble.connectString)?.[1])
    await using network = await FaultProxy.to(port)
    const settings = settingsFor(`127.0.0.1:${network.port}`)
    await using opened = await openRegistry(settings)
    await using writer = await openRegistry(
      settingsFor(`${ensemble.connectString}${settings.connect.slice(settings.connect.indexOf('/'))}`),
    )
    await writer.registry.put('topic', 't1', topicDocument('t1', 1))
    const seen: (number | undefined)[] = []
    const held = Promise.withResolvers<void>()
    const watching = opened.registry.watch('topic', 't1', current => {
      seen.push(current?.value.topicUnits[0]?.maxTps)
      return seen.length === 1 ? held.promise : undefined
    })
    await eventually(() => expect(seen).toEqual([1]))

    network.cut()
    await eventually(() => expect(opened.registry.health()).toHaveProperty('degraded'))
    await eventually(() => expect(opened.registry.health()).toEqual({ ok: true }))
    held.resolve()
    await watching
    await writer.registry.put('topic', 't1', topicDocument('t1', 2))

    await eventually(() => expect(seen).toEqual([1, 2]))
  })

  test('a frozen server: writes fail by their deadline and may be repeated; watches go on when it does', async () => {
    const settings = settingsFor(ensemble.connectString, {
      operationTimeoutMs: 3_000,
      sessionTimeoutMs: 2_000,
    })
    await using opened = await openRegistry(settings)
    const { registry, metrics } = opened
    const seen: (number | undefined)[] = []
    await registry.put('topic', 't1', topicDocument('t1', 1))
    await registry.watch('topic', 't1', current => void seen.push(current?.value.topicUnits[0]?.maxTps))
    const server = ensemble.nodes[0]?.process

    await server?.freeze()
    try {
      await expect(registry.put('topic', 't1', topicDocument('t1', 2))).rejects.toMatchObject({
        code: 'REGISTRY_UNAVAILABLE',
        retryable: true,
        details: { outcomeUnknown: true },
      })
      await expect(registry.get('topic', 't1')).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE' })
      expect(registry.health()).toMatchObject({
        ok: true,
        degraded: expect.stringContaining(settings.connect),
      })
      expect(await metrics.metrics()).toContain('ddmq_registry_connected 0')
    } finally {
      server?.thaw()
    }

    await eventually(async () => {
      await registry.put('topic', 't1', topicDocument('t1', 3))
    }, 20_000)
    await eventually(() => expect(seen.at(-1)).toBe(3))
    expect(registry.health()).toEqual({ ok: true })
  })

  test('the metrics follow the naming rules', async () => {
    await using opened = await openRegistry(settingsFor(ensemble.connectString))

    expect(metricProblems(opened.metrics)).toEqual([])
  })
})

function groupOfBytes(count: number): GroupConfig {
  return { ...groupDocument('cg_a'), alarmGroup: ['x'.repeat(count)] }
}

function impatientStart(connect: string) {
  return openRegistry(settingsFor(connect, { startTimeoutMs: 2_000 }))
}

test.each([
  [{ connect: '' }, 'is not host:port'],
  [{ connect: 'a:99999' }, 'is not host:port'],
  [{ connect: 'a,,b' }, 'is not host:port'],
  [{ connect: 'a:1/x//y' }, 'empty name'],
  [{ connect: 'a:1', tls: { certificate: 'x' } }, 'certificate'],
  [{ connect: 'a:1', acl: 'creator' }, 'needs auth.user'],
  [{ connect: 'a:1', auth: { user: 'a:b', password: 'x' } }, 'without a colon'],
])('settings that cannot work are refused: %j', (settings, problem) => {
  const parsed = zookeeperSettingsSchema.safeParse(settings)

  expect(parsed.error?.message).toContain(problem)
})
