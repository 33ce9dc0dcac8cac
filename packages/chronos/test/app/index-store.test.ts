import { randomBytes } from 'node:crypto'
import { open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { DelayIndex, shardPrefix } from '@ddmq/chronos/store'
import { systemClock } from '@ddmq/common/clock'
import { messageRecord } from '@ddmq/storage/delay'
import { tempDir, testLogger } from '@ddmq/testkit'
import { expect, test } from 'vitest'
import { IndexStore } from '../../src/app/index-store.ts'
import { positionAt } from '../store/index-run.ts'
import { nameOf, START_MS, stored } from '../store/table-records.ts'

const PREFIX = shardPrefix('main', '0')
const BLOCK_BYTES = 1_000

/** Within what is read when an index is opened: with that many topics their backlog alone is several blocks. */
async function fill(store: IndexStore): Promise<void> {
  const index = await DelayIndex.open(await store.healthy(), PREFIX)
  await index.reset(positionAt(0))
  const content = { body: Buffer.from('hello'), headers: [] }
  const records = Array.from({ length: 500 }, (_, at) => messageRecord(nameOf(`t${at}`), content, START_MS))
  await index.apply(stored(records), positionAt(500))
}

async function damageFirstBlocks(dir: string): Promise<void> {
  const files = (await readdir(dir)).filter(name => name.endsWith('.sst'))
  if (files.length === 0) throw new Error('nothing was written out yet')
  for (const name of files) {
    const file = await open(join(dir, name), 'r+')
    await file.write(randomBytes(BLOCK_BYTES), 0, BLOCK_BYTES, 0)
    await file.close()
  }
}

test('CH-49 damage that is found while an index is opened: the next try has a store without it', async () => {
  await using temp = await tempDir()
  const dir = join(temp.path, 'index')
  const { log, withMessage } = testLogger()
  const config = { dataDir: dir, writeBufferBytes: 64 * 1024, freeSpaceFloorBytes: 0 }
  const deps = { clock: systemClock, log }
  // What is in the write-ahead log goes to a file when the store is opened again.
  const first = new IndexStore(config, deps)
  await first.start()
  await fill(first)
  await first.stop()
  const second = new IndexStore(config, deps)
  await second.start()
  await second.stop()
  await damageFirstBlocks(dir)
  const damaged = new IndexStore(config, deps)
  await damaged.start()

  await expect(DelayIndex.open(await damaged.healthy(), PREFIX)).rejects.toMatchObject({ kind: 'corrupt' })
  const index = await DelayIndex.open(await damaged.healthy(), PREFIX)

  expect(index.position).toBeUndefined()
  await index.reset(positionAt(0))
  await damaged.stop()
  expect(withMessage('the index of delayed messages is damaged and is built anew')).toHaveLength(1)
})
