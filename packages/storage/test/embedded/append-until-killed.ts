/** A process of its own that appends without end and says what was acknowledged; the test kills it. */
import { ByteBudget } from '@ddmq/common/async'
import { systemClock } from '@ddmq/common/clock'
import { AppendBatcher } from '@ddmq/storage'
import { EmbeddedCluster } from '@ddmq/storage/embedded'
import { optionsFor } from './open-cluster.ts'

const [dir = '', round = '', fsync = ''] = process.argv.slice(2)
const CALL = { deadlineMs: 20_000 }

const cluster = new EmbeddedCluster(optionsFor(dir, { fsync: fsync === 'fsync' }))
await cluster.start()
const batcher = new AppendBatcher({ cluster, clock: systemClock, budget: new ByteBudget(50_000_000) })

const record = (text: string) => ({ key: null, value: Buffer.from(text), headers: [], timestampMs: 1 })

/** Single appends, one after the other; many writers at once make large batches. */
async function appendForEver(writer: number): Promise<never> {
  const partition = String(writer % 4)
  for (let count = 0; ; count++) {
    const text = `${round}:${writer}:${count}:${'x'.repeat(count % 500)}`
    const offset = await batcher.append('singles', partition, record(text), CALL)
    process.stdout.write(`single ${partition} ${offset} ${round}:${writer}:${count}\n`)
  }
}

/** Transactions over all partitions, each with its number. */
async function transactForEver(): Promise<never> {
  const transactor = await cluster.transactor('killed')
  for (let count = 0; ; count++) {
    const id = `${round}:${count}`
    const appends = ['0', '1', '2', '3'].map(partition => ({
      topic: 'transactions',
      partition,
      records: [record(id), record(id)],
    }))
    await transactor.commit(appends, CALL)
    process.stdout.write(`transaction ${id}\n`)
  }
}

await Promise.all([transactForEver(), ...Array.from({ length: 32 }, (_, writer) => appendForEver(writer))])
