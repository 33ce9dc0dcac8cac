import type { Clock } from '@ddmq/common/clock'
import type { PullRequest } from '@ddmq/common/idl'
import { PullBuffer } from '../core/pull-buffer.ts'
import type { PullBatch } from '../core/pull-queue.ts'
import type { ConsumerGroups } from './consumer-groups.ts'
import { reportResults } from './report-results.ts'

/** Shortest long poll (consumer-proxy.md §5.1). */
const MIN_LINGER_MS = 20
const DEFAULT_MAX_BYTES = 4_194_304

export interface PullLimits {
  /** Longer lingers are shortened to this: clients wait at least twice their own linger for the reply. */
  readonly maxLingerMs: number
  readonly maxParkedPulls: number
}

export interface PullCaller {
  onDisconnect(listener: () => void): () => void
}

/** The `pull` call: first what the client reports, then messages, or an empty answer after the linger. */
export class PullMessages {
  readonly #groups: ConsumerGroups
  readonly #limits: PullLimits
  /** Parks pulls of groups that are not served here; nothing ever arrives in it. */
  readonly #nothing: PullBuffer

  constructor(groups: ConsumerGroups, limits: PullLimits, clock: Clock) {
    this.#groups = groups
    this.#limits = limits
    this.#nothing = new PullBuffer(clock, limits.maxParkedPulls, {
      delivered: () => undefined,
      redelivered: () => undefined,
    })
  }

  /** Undefined: nothing to deliver. Rejects when a reported result could not be stored; nothing was delivered then. */
  async run(request: PullRequest, caller: PullCaller): Promise<PullBatch | undefined> {
    // When the client goes away before the reply is written, the wait ends or the batch goes back to the buffer.
    let isGone = false
    let giveUp: (() => void) | undefined
    caller.onDisconnect(() => {
      isGone = true
      giveUp?.()
    })
    const group = this.#groups.get(request.groupId)
    group?.notePull()
    if (request.result !== undefined) await reportResults(this.#groups, request.result)
    if (isGone) return undefined
    const wanted = {
      topic: request.topic === '' ? undefined : request.topic,
      maxMessages: request.maxBatchSize ?? 0,
      maxBytes: this.#groups.proxy?.thriftServer.maxRecvMsgsLength ?? DEFAULT_MAX_BYTES,
    }
    const lingerMs = Math.min(Math.max(request.maxLingerTime ?? 0, MIN_LINGER_MS), this.#limits.maxLingerMs)
    const buffer = group?.isPulled === true ? group.buffer : this.#nothing
    const { promise, resolve } = Promise.withResolvers<PullBatch | undefined>()
    const cancel = buffer.pull(wanted, lingerMs, resolve)
    giveUp = () => {
      cancel()
      resolve(undefined)
    }
    return promise
  }
}
