import type { KafkaClient } from './kafka-client.ts'
import { offsetsRetentionMs } from './offsets-retention.ts'

const LONGEST_PAUSE_MS = 24 * 3_600_000
const FIRST_LOOK_MS = 5_000
/** What Kafka has by default, where we may not see what is set. */
const USUAL_RETENTION_MS = 7 * LONGEST_PAUSE_MS
/** So often in the time after which positions would be forgotten. */
const TIMES_PER_RETENTION = 4

export interface IdleGroupsDeps {
  /** Topics in which a group without members has positions; undefined where it has members. */
  idleTopics(group: string): Promise<readonly string[] | undefined>
  /** Joins and leaves. */
  touch(group: string, topics: readonly string[]): Promise<void>
}

/**
 * The brokers forget the positions of a group `offsets.retention.minutes` after its last member left, however young the
 * positions are; committing them again is of no use then. It helps to join and to leave: the time counts anew.
 *
 * O1 No position is written. So none can move, whoever commits meanwhile.
 * O2 A group that has members is left alone: they keep it.
 * O3 Kept is what this process has to do with: groups that it joined, set positions of, or was asked the lag of. So after
 *    a restart it needs nobody to tell it.
 */
export class IdleGroups {
  readonly #client: KafkaClient
  readonly #deps: IdleGroupsDeps
  readonly #groups = new Set<string>()
  readonly #closing = new AbortController()
  #running: Promise<void> | undefined

  constructor(client: KafkaClient, deps: IdleGroupsDeps) {
    this.#client = client
    this.#deps = deps
  }

  keep(group: string): void {
    this.#groups.add(group)
    this.#running ??= this.#run()
  }

  forget(group: string): void {
    this.#groups.delete(group)
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    const { clock, log, clusterName: cluster } = this.#client
    const { signal } = this.#closing
    let pauseMs = FIRST_LOOK_MS
    while (!signal.aborted) {
      // Not all processes at the same time.
      await clock.sleep(pauseMs * (0.5 + Math.random() / 2), signal).catch(() => undefined)
      for (const group of this.#groups) {
        if (signal.aborted) return
        await this.#look(group).catch((err: unknown) => {
          log.warn(
            { err, cluster, group },
            `kafka cluster ${cluster}: positions of group ${group} could not be kept`,
          )
        })
      }
      const retentionMs = await offsetsRetentionMs(this.#client).catch(() => undefined)
      pauseMs = Math.min(LONGEST_PAUSE_MS, (retentionMs ?? USUAL_RETENTION_MS) / TIMES_PER_RETENTION)
    }
  }

  async #look(group: string): Promise<void> {
    const topics = await this.#deps.idleTopics(group)
    if (topics === undefined) return
    if (topics.length === 0) this.#groups.delete(group)
    else await this.#deps.touch(group, topics)
  }
}
