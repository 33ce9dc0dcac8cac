/**
 * A process of its own whose files may not grow beyond a limit (`ulimit -f`): a write then fails in the middle of the
 * write-ahead log, as on a full disk. Says what each append answered, and goes on after the failure.
 */
import { EmbeddedCluster } from '@ddmq/storage/embedded'
import { optionsFor } from './open-cluster.ts'

const [dir = ''] = process.argv.slice(2)
const CALL = { deadlineMs: 20_000 }
const APPENDS_AFTER_FAILURE = 20

const cluster = new EmbeddedCluster(optionsFor(dir))
await cluster.start()
await cluster.admin.createTopic({ topic: 'full', partitions: 1 })

async function appendOne(id: number): Promise<string> {
  const value = Buffer.alloc(50_000, `${id};`)
  const records = [{ key: null, value, headers: [], timestampMs: 1 }]
  const [outcome] = await cluster.append([{ topic: 'full', partition: '0', records }], CALL)
  if (outcome === undefined) return 'nothing'
  return 'error' in outcome ? outcome.error.kind : String(outcome.baseOffset)
}

let failed = false
let stored = 0
for (let id = 0; stored < APPENDS_AFTER_FAILURE; id++) {
  const answer = await appendOne(id)
  process.stdout.write(`${id} ${answer} ${cluster.health().ok}\n`)
  failed ||= Number.isNaN(Number(answer))
  if (failed && !Number.isNaN(Number(answer))) stored++
}
await cluster.stop()
