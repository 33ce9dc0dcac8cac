import { setTimeout as delay } from 'node:timers/promises'
import type { LogCluster } from '@ddmq/storage'

/** Appends numbered texts to all partitions of a topic until it is stopped; knows which were acknowledged. */
export class BackgroundAppends {
  readonly acknowledged = new Set<string>()
  readonly #stop = new AbortController()
  readonly #done: Promise<void>

  constructor(cluster: LogCluster, topic: string, partitions: number) {
    this.#done = this.#run(cluster, topic, partitions)
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#done
  }

  async #run(cluster: LogCluster, topic: string, partitions: number): Promise<void> {
    for (let round = 0; !this.#stop.signal.aborted; round++) {
      const values = Array.from({ length: partitions }, (_, partition) => `${partition}-${round}`)
      const appends = values.map((value, partition) => ({
        topic,
        partition: `${partition}`,
        records: [{ key: null, value: Buffer.from(value), headers: [], timestampMs: Date.now() }],
      }))
      const outcomes = await cluster.append(appends, { deadlineMs: 60_000 })
      for (const [index, outcome] of outcomes.entries()) {
        if (!('error' in outcome)) this.acknowledged.add(values[index] ?? '')
      }
      await delay(20)
    }
  }
}
