import type { Clock } from '@ddmq/common/clock'
import type { LogCluster, ReadResult, StorageError } from '@ddmq/storage'
import type { PartitionLane } from './partition-lane.ts'

const FIRST_PAUSE_MS = 100
const MAX_PAUSE_MS = 5000

export interface FetchLimits {
  readonly maxBytes: number
  readonly maxWaitMs: number
}

interface FetchEvents {
  /** The read of one partition failed for a reason of its own. Closes or suspends the lane. */
  laneFailed(lane: PartitionLane, error: StorageError): Promise<void>
  readFailed(thrown: unknown): void
}

export interface FetchParts {
  readonly cluster: LogCluster
  readonly clock: Clock
  readonly limits: FetchLimits
  readonly events: FetchEvents
}

/**
 * Reads for all lanes of one group and cluster with one call at a time, from those lanes that want records. Ends when
 * the signal aborts; between reads it waits for a lane or for the log, never in a busy loop.
 */
export class FetchLoop {
  readonly #parts: FetchParts
  readonly #lanes: ReadonlyMap<string, PartitionLane>
  #reading = new Set<PartitionLane>()
  #readAbort: AbortController | undefined
  #woken = Promise.withResolvers<void>()
  #turn = 0

  constructor(parts: FetchParts, lanes: ReadonlyMap<string, PartitionLane>) {
    this.#parts = parts
    this.#lanes = lanes
  }

  /** A lane may have begun to want records. A read that waits without it is ended. */
  wake(): void {
    this.#woken.resolve()
    if (this.#readAbort === undefined) return
    for (const lane of this.#lanes.values()) {
      if (!this.#reading.has(lane) && lane.wantsRecords()) return this.#readAbort.abort()
    }
  }

  async run(stop: AbortSignal): Promise<void> {
    const onStop = (): void => {
      this.#woken.resolve()
      this.#readAbort?.abort()
    }
    stop.addEventListener('abort', onStop, { once: true })
    let pauseMs = FIRST_PAUSE_MS
    while (!stop.aborted) {
      this.#woken = Promise.withResolvers()
      const lanes = this.#lanesToRead()
      if (lanes.length === 0) {
        await this.#woken.promise
        continue
      }
      if (await this.#readOnce(lanes)) {
        pauseMs = FIRST_PAUSE_MS
      } else {
        await this.#parts.clock.sleep(pauseMs, stop).catch(() => undefined) // Ends early at stop.
        pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)
      }
    }
    stop.removeEventListener('abort', onStop)
  }

  /** In turns, so that no partition is always the last one to fit into a read. */
  #lanesToRead(): PartitionLane[] {
    const lanes = [...this.#lanes.values()].filter(lane => lane.wantsRecords())
    this.#turn += 1
    const first = lanes.length === 0 ? 0 : this.#turn % lanes.length
    return [...lanes.slice(first), ...lanes.slice(0, first)]
  }

  /** False when the read failed. */
  async #readOnce(lanes: readonly PartitionLane[]): Promise<boolean> {
    const { cluster, limits, events } = this.#parts
    const abort = new AbortController()
    this.#readAbort = abort
    this.#reading = new Set(lanes)
    try {
      const positions = lanes.map(lane => ({
        topic: lane.topic,
        partition: lane.partition,
        offset: lane.position,
      }))
      const options = { deadlineMs: limits.maxWaitMs + 30_000, signal: abort.signal }
      const results = await cluster.read(positions, limits, options)
      await this.#handOver(lanes, results)
      return true
    } catch (thrown) {
      if (abort.signal.aborted) return true
      events.readFailed(thrown)
      return false
    } finally {
      this.#readAbort = undefined
      this.#reading = new Set()
    }
  }

  async #handOver(lanes: readonly PartitionLane[], results: readonly ReadResult[]): Promise<void> {
    for (const [index, result] of results.entries()) {
      const lane = lanes[index]
      if (lane === undefined || lane.closed) continue
      if (result.error !== undefined) await this.#parts.events.laneFailed(lane, result.error)
      // Refused by the budget: the position has not moved, so the same records are read again later.
      else lane.offer(result)
    }
  }
}
