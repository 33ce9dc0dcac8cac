import { execFile } from 'node:child_process'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { EmbeddedCluster } from '@ddmq/storage/embedded'
import { eventually, FakeClock } from '@ddmq/testkit'
import { describe, expect, test } from 'vitest'
import { openCluster, optionsFor } from './open-cluster.ts'

const run = promisify(execFile)
const CALL = { deadlineMs: 10_000 }

async function folderBytes(dir: string): Promise<number> {
  const sizes = await Promise.all((await readdir(dir)).map(async name => (await stat(join(dir, name))).size))
  return sizes.reduce((sum, size) => sum + size, 0)
}

describe('the folder', () => {
  test('a second open in the same process is told that the folder is in use', async () => {
    await using opened = await openCluster()

    const second = new EmbeddedCluster(optionsFor(opened.dir)).start()

    await expect(second).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('in use'),
    })
    expect(await opened.cluster.admin.listTopics()).toEqual([])
  })

  test('a second process is told that the folder is in use', async () => {
    await using opened = await openCluster()
    const script = `
      import { EmbeddedCluster } from '@ddmq/storage/embedded'
      import { systemClock } from '@ddmq/common/clock'
      const cluster = new EmbeddedCluster({ clusterName: 'second', dir: process.argv[1], fsync: false, clock: systemClock, log: {} })
      await cluster.start().catch(error => process.stdout.write(error.kind + ' ' + error.message))`
    const args = ['--conditions=@ddmq/source', '--input-type=module', '-e', script, opened.dir]

    const { stdout } = await run(process.execPath, args, { cwd: import.meta.dirname, timeout: 20_000 })

    expect(stdout).toMatch(/^unavailable .*in use by another process/)
  })

  test('starts a new epoch at every open', async () => {
    await using opened = await openCluster()
    await opened.cluster.admin.createTopic({ topic: 't', partitions: 1 })
    const first = await opened.cluster.identity('t', '0')

    const second = await (await opened.reopen()).identity('t', '0')

    expect(second.epoch).toBeGreaterThan(first.epoch)
  })

  test('E9: retention and the deletion of a topic give the disk space back', async () => {
    const clock = new FakeClock()
    await using opened = await openCluster({ clock })
    const { cluster, dir } = opened
    await cluster.admin.createTopic({ topic: 'aged', partitions: 2, retentionMs: 1000 })
    await cluster.admin.createTopic({ topic: 'deleted', partitions: 1 })
    const fill = async (topic: string, partition: string): Promise<void> => {
      const records = [{ key: null, value: Buffer.alloc(1_000_000, 'x'), headers: [], timestampMs: 1 }]
      for (let index = 0; index < 10; index++) await cluster.append([{ topic, partition, records }], CALL)
    }
    for (const partition of ['0', '1']) await fill('aged', partition)
    const before = await folderBytes(dir)

    await clock.advance(5000)
    const result = await cluster.enforceRetention()

    expect(before).toBeGreaterThan(20_000_000)
    expect(result.partitions).toBe(2)
    await eventually(async () => expect(await folderBytes(dir)).toBeLessThan(2_000_000))
    await fill('deleted', '0')
    await cluster.admin.deleteTopic('deleted')
    await eventually(async () => expect(await folderBytes(dir)).toBeLessThan(2_000_000))
    expect(await cluster.identity('aged', '0')).toMatchObject({ startOffset: 10, endOffset: 10 })
  })

  test('retention runs by itself every interval', async () => {
    const clock = new FakeClock()
    await using opened = await openCluster({ clock, retentionIntervalMs: 60_000 })
    const { cluster } = opened
    await cluster.admin.createTopic({ topic: 'aged', partitions: 1, retentionMs: 1000 })
    await cluster.append(
      [{ topic: 'aged', partition: '0', records: [{ key: null, value: null, headers: [], timestampMs: 1 }] }],
      CALL,
    )

    await clock.advance(60_000)

    await eventually(async () =>
      expect(await cluster.identity('aged', '0')).toMatchObject({ startOffset: 1 }),
    )
  })

  test('stop writes what was accepted, ends long polls, tells members, and refuses afterwards', async () => {
    await using opened = await openCluster()
    const { cluster } = opened
    await cluster.admin.createTopic({ topic: 't', partitions: 2 })
    const records = [{ key: null, value: Buffer.from('v'), headers: [], timestampMs: 1 }]
    const lost: string[] = []
    const membership = await cluster.join('g', ['t'], {
      assigned: async () => undefined,
      revoked: async () => undefined,
      lost: partitions => void lost.push(...partitions.map(({ partition }) => partition)),
    })
    await eventually(() => expect(membership.assignment()).toHaveLength(2))
    const polling = cluster.read(
      [{ topic: 't', partition: '1', offset: 0 }],
      { maxBytes: 1, maxWaitMs: 600_000 },
      { deadlineMs: 600_000 },
    )
    const appending = cluster.append([{ topic: 't', partition: '0', records }], CALL)

    await cluster.stop()

    expect(await appending).toEqual([{ baseOffset: 0 }])
    expect((await polling)[0]?.records).toEqual([])
    expect(lost.toSorted()).toEqual(['0', '1'])
    expect(cluster.health()).toMatchObject({ ok: false })
    await expect(cluster.append([{ topic: 't', partition: '0', records }], CALL)).rejects.toMatchObject({
      kind: 'unavailable',
    })
    await expect(cluster.admin.listTopics()).rejects.toMatchObject({ kind: 'unavailable' })
  })

  test('opens 1,000 partitions again', async () => {
    await using opened = await openCluster()
    await opened.cluster.admin.createTopic({ topic: 'wide', partitions: 1000 })
    const records = [{ key: null, value: Buffer.from('v'), headers: [], timestampMs: 1 }]
    const appends = opened.cluster
      .partitions('wide')
      .map(partition => ({ topic: 'wide', partition, records }))
    await opened.cluster.append(appends, CALL)

    const cluster = await opened.reopen()

    const ends = await cluster.admin.offsets('wide', 'latest')
    expect(new Set(ends.map(({ offset }) => offset))).toEqual(new Set([1]))
  })
})
