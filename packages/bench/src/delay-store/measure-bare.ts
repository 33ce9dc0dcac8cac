import { join } from 'node:path'
import { shardPrefix } from '@ddmq/chronos/store'
import { WriteBatch } from '@ddmq/storage/rocksdb'
import { type Ingest, type IngestLoad, measureIngest } from './measure-ingest.ts'
import { openStore } from './open-store.ts'

const PREFIX = shardPrefix('bench', '0')

/** What the index is compared with: one entry per message, of the same size, written in the same batches to a store of this process. */
export async function measureBare(dir: string, load: IngestLoad): Promise<Ingest> {
  const store = await openStore(join(dir, 'bare'))
  const ingest = await measureIngest(load, {
    prepare: records => records.map(({ key, value }) => [prefixed(key), prefixed(value)] as const),
    write(entries) {
      const batch = new WriteBatch()
      for (const [key, value] of entries) batch.put(key, value)
      return store.write(batch)
    },
    flush: () => store.flush(),
  })
  await store.close()
  return ingest
}

function prefixed(bytes: Uint8Array | null): Buffer {
  return Buffer.concat([PREFIX, bytes ?? Buffer.alloc(0)])
}
