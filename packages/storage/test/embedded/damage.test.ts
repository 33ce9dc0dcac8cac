import { cp, open, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock } from '@ddmq/common/clock'
import { EmbeddedCluster } from '@ddmq/storage/embedded'
import { RocksStore, WriteBatch } from '@ddmq/storage/rocksdb'
import { tempDir } from '@ddmq/testkit'
import { describe, expect, test } from 'vitest'
import { blockKey, metaKey } from '../../src/embedded/keys.ts'
import { openCluster, optionsFor } from './open-cluster.ts'

const CALL = { deadlineMs: 10_000 }
const NOW = { maxBytes: 1_000_000, maxWaitMs: 0 }

async function fill(cluster: EmbeddedCluster): Promise<void> {
  await cluster.admin.createTopic({ topic: 'orders', partitions: 1 })
  for (let index = 0; index < 50; index++) {
    const value = Buffer.alloc(2000, `record ${index} `)
    await cluster.append(
      [{ topic: 'orders', partition: '0', records: [{ key: null, value, headers: [], timestampMs: 1 }] }],
      CALL,
    )
  }
}

async function flipByte(path: string, at: number): Promise<void> {
  const file = await open(path, 'r+')
  const byte = Buffer.alloc(1)
  await file.read(byte, 0, 1, at)
  await file.write(Buffer.from([(byte[0] ?? 0) ^ 0x10]), 0, 1, at)
  await file.close()
}

async function fileOf(dir: string, suffix: string): Promise<string> {
  const names = await readdir(dir)
  const sizes = await Promise.all(
    names
      .filter(name => name.endsWith(suffix))
      .map(async name => ({ path: join(dir, name), size: (await readFile(join(dir, name))).length })),
  )
  const [largest] = sizes.toSorted((a, b) => b.size - a.size)
  return largest?.path ?? ''
}

/** Reads the whole log; what it threw, or undefined. */
async function readError(cluster: EmbeddedCluster) {
  const { endOffset } = await cluster.identity('orders', '0')
  for (let offset = 0; offset < endOffset; ) {
    const [result] = await cluster.read([{ topic: 'orders', partition: '0', offset }], NOW, CALL)
    if (result?.error !== undefined) return result.error
    offset = result?.nextOffset ?? endOffset
  }
  return undefined
}

describe('damage', () => {
  test('a byte flipped in the write-ahead log refuses to open, and names the folder', async () => {
    await using source = await openCluster()
    await using image = await tempDir()
    await fill(source.cluster)
    await cp(source.dir, image.path, { recursive: true })
    const wal = await fileOf(image.path, '.log')

    await flipByte(wal, 20_000)

    const starting = new EmbeddedCluster(optionsFor(image.path)).start()
    await expect(starting).rejects.toMatchObject({
      kind: 'corrupt',
      message: expect.stringContaining(image.path),
    })
  })

  test('a write-ahead log cut in its last record opens with everything before it', async () => {
    await using source = await openCluster()
    await using image = await tempDir()
    await fill(source.cluster)
    await cp(source.dir, image.path, { recursive: true })
    const wal = await fileOf(image.path, '.log')
    const bytes = await readFile(wal)

    await writeFile(wal, bytes.subarray(0, bytes.length - 10))

    const cluster = new EmbeddedCluster(optionsFor(image.path))
    await cluster.start()
    expect(await cluster.identity('orders', '0')).toMatchObject({ endOffset: 49 })
    expect(await readError(cluster)).toBeUndefined()
    await cluster.stop()
  })

  test('E1 E6: a byte flipped in a table file fails the read with the place, and nothing is left out', async () => {
    await using opened = await openCluster({ tailCacheBytes: 0 })
    await fill(opened.cluster)
    await opened.cluster.admin.createTopic({ topic: 'doomed', partitions: 1 })
    await opened.cluster.admin.deleteTopic('doomed') // writes the memory table out
    await opened.cluster.stop()
    const table = await fileOf(opened.dir, '.sst')
    await flipByte(table, 30_000)
    const cluster = await opened.reopen().catch((thrown: unknown) => thrown)

    const error = cluster instanceof EmbeddedCluster ? await readError(cluster) : cluster

    expect(error).toMatchObject({ kind: 'corrupt', details: { topic: 'orders', partition: '0' } })
  })

  test('E1 E6: a block that is damaged, or missing, is refused with topic, partition and offset', async () => {
    await using opened = await openCluster()
    await fill(opened.cluster)
    await opened.cluster.stop()
    const settings = { dir: opened.dir, fsync: false, clock: systemClock, freeSpaceFloorBytes: 0 }
    const store = await RocksStore.open(settings)
    const at = { topicNumber: 1, partition: 0 }
    const block = Buffer.from((await store.get(blockKey(at, 10))) ?? [])
    block[100] = (block[100] ?? 0) ^ 1
    await store.write(new WriteBatch().put(blockKey(at, 10), block).delete(blockKey(at, 30)))
    await store.close()
    const cluster = await opened.reopen()

    const damaged = await readError(cluster)
    const [gap] = await cluster.read([{ topic: 'orders', partition: '0', offset: 30 }], NOW, CALL)

    expect(damaged).toMatchObject({
      kind: 'corrupt',
      details: { topic: 'orders', partition: '0', offset: 10 },
    })
    expect(gap?.error).toMatchObject({
      kind: 'corrupt',
      details: { topic: 'orders', partition: '0', offset: 30 },
    })
    expect(gap?.records).toEqual([])
  })

  test('a folder of a later version is refused and left as it is', async () => {
    await using opened = await openCluster()
    await opened.cluster.stop()
    const settings = { dir: opened.dir, fsync: false, clock: systemClock, freeSpaceFloorBytes: 0 }
    const store = await RocksStore.open(settings)
    await store.write(new WriteBatch().put(metaKey('format'), Buffer.from([0, 0, 0, 2])))
    await store.close()

    await expect(opened.cluster.start()).rejects.toMatchObject({ kind: 'invalid' })
  })
})
