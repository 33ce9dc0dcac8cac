import type { Clock } from '@ddmq/common/clock'
import type { Logger } from '@ddmq/common/log'
import type { AssignedPartition, AssignmentListener } from '../port/membership.ts'
import type { TopicPartition } from '../port/record.ts'
import type { PartitionName } from './assignment.ts'
import type { PartitionLog } from './partition-log.ts'

/** One member of a group in this process. Its listener is called one call at a time; what it throws is logged. */
export class GroupMember {
  readonly id: string
  readonly topics: ReadonlySet<string>
  /** Partitions it holds now, which it may commit. */
  readonly held = new Map<PartitionName, PartitionLog>()
  readonly #listener: AssignmentListener
  readonly #clock: Clock
  readonly #log: Logger
  left = false
  #calls: Promise<void> = Promise.resolve()

  constructor(
    member: {
      readonly id: string
      readonly topics: readonly string[]
      readonly listener: AssignmentListener
    },
    deps: { readonly clock: Clock; readonly log: Logger },
  ) {
    this.id = member.id
    this.topics = new Set(member.topics)
    this.#listener = member.listener
    this.#clock = deps.clock
    this.#log = deps.log
  }

  assignment(): readonly TopicPartition[] {
    return [...this.held.values()].map(toTopicPartition)
  }

  /** Takes the partitions over and tells the listener with where to start. Does not wait for it. */
  assign(logs: readonly PartitionLog[], starts: readonly AssignedPartition[]): void {
    for (const log of logs) this.held.set(partitionName(log), log)
    void this.#call('assigned', () => this.#listener.assigned(starts))
  }

  /**
   * Asks the listener to finish with the partitions, and takes them away when it has, or at the deadline. They may be
   * committed until then. At the deadline the listener is told that they are lost.
   */
  async revoke(logs: readonly PartitionLog[], drainMs: number, deadline?: AbortSignal): Promise<void> {
    const partitions = logs.map(toTopicPartition)
    const abort = new AbortController()
    const expired = new Promise<'expired'>(resolve => {
      abort.signal.addEventListener('abort', () => resolve('expired'), { once: true })
    })
    const onDeadline = (): void => abort.abort(deadline?.reason)
    const cancelTimer = this.#clock.schedule(drainMs, () =>
      abort.abort(new Error('the time to drain is over')),
    )
    if (deadline?.aborted) onDeadline()
    deadline?.addEventListener('abort', onDeadline, { once: true })
    const drained = this.#call('revoked', () => this.#listener.revoked(partitions, abort.signal))
    const outcome = await Promise.race([drained, expired])
    cancelTimer()
    deadline?.removeEventListener('abort', onDeadline)
    for (const log of logs) this.held.delete(partitionName(log))
    if (outcome === 'expired') this.#tellLost(partitions)
  }

  /** Takes partitions away without asking. */
  lose(logs: readonly PartitionLog[]): void {
    for (const log of logs) this.held.delete(partitionName(log))
    if (logs.length > 0) this.#tellLost(logs.map(toTopicPartition))
  }

  #tellLost(partitions: readonly TopicPartition[]): void {
    try {
      this.#listener.lost(partitions)
    } catch (err) {
      this.#log.error({ err, memberId: this.id }, 'assignment listener failed')
    }
  }

  #call(what: string, run: () => Promise<void>): Promise<void> {
    this.#calls = this.#calls.then(run).catch((err: unknown) => {
      this.#log.error({ err, memberId: this.id, call: what }, 'assignment listener failed')
    })
    return this.#calls
  }
}

export function partitionName(log: PartitionLog): PartitionName {
  return `${log.topicNumber}/${log.partition}`
}

function toTopicPartition(log: PartitionLog): TopicPartition {
  return { topic: log.topic.name, partition: log.id }
}
