/** A delay service as a process of its own: `ProcessWish` in JSON; prints what it logs, and how much was delivered. */
import { setTimeout as delay } from 'node:timers/promises'
import { createLogger } from '@ddmq/common/log'
import type { DelayScene } from '../integration/delay-scene.ts'
import { embeddedScene } from '../integration/embedded-scene.ts'
import { kafkaScene } from '../integration/kafka-scene.ts'

export interface ProcessWish {
  readonly dir: string
  readonly config: object
  /** Absent: the embedded engine in that folder. */
  readonly kafka?: { readonly bootstrapServers: string; readonly innerTopicPrefix: string }
  /** Deliveries to this topic are counted. */
  readonly topic?: string
}

const wish: ProcessWish = JSON.parse(process.argv[2] ?? '{}')
const { dir, config, kafka, topic } = wish
const log = createLogger({ level: 'info', pretty: false, destination: process.stdout })
const scene: DelayScene =
  kafka === undefined
    ? await embeddedScene(dir, { config, log })
    : await kafkaScene({ dir, config, log, ...kafka })
await scene.start()
if (topic !== undefined) await tellDelivered(topic)

async function tellDelivered(counted: string): Promise<never> {
  for (let last = -1; ; await delay(5)) {
    const ends = await scene.cluster.admin.offsets(counted, 'latest')
    const delivered = ends.reduce((sum, { offset }) => sum + offset, 0)
    if (delivered > last) process.stdout.write(`delivered ${delivered}\n`)
    last = delivered
  }
}
