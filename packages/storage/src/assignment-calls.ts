import type { Clock } from '@ddmq/common/clock'
import type { Logger } from '@ddmq/common/log'
import type { AssignedPartition, AssignmentListener } from './port/membership.ts'
import type { TopicPartition } from './port/record.ts'

/** The calls of one assignment listener: one at a time, in order; what it throws is logged. */
export class AssignmentCalls {
  readonly #listener: AssignmentListener
  readonly #clock: Clock
  readonly #log: Logger
  #calls: Promise<void> = Promise.resolve()
  /** What the listener is still to be told of, by name: what is lost meanwhile it never hears of. */
  readonly #untold = new Set<Map<string, AssignedPartition>>()

  constructor(listener: AssignmentListener, deps: { readonly clock: Clock; readonly log: Logger }) {
    this.#listener = listener
    this.#clock = deps.clock
    this.#log = deps.log
  }

  /** Does not wait for it. */
  assigned(starts: readonly AssignedPartition[]): void {
    const untold = new Map(starts.map(start => [nameOf(start), start]))
    this.#untold.add(untold)
    void this.#call('assigned', async () => {
      this.#untold.delete(untold)
      if (untold.size > 0) await this.#listener.assigned([...untold.values()])
    })
  }

  /** Asks the listener to finish with the partitions; resolves when it has, or at the deadline. */
  async revoked(
    partitions: readonly TopicPartition[],
    drainMs: number,
    deadline?: AbortSignal,
  ): Promise<'drained' | 'expired'> {
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
    const outcome = await Promise.race([drained.then(() => 'drained' as const), expired])
    cancelTimer()
    deadline?.removeEventListener('abort', onDeadline)
    return outcome
  }

  lost(partitions: readonly TopicPartition[]): void {
    for (const untold of this.#untold) for (const at of partitions) untold.delete(nameOf(at))
    if (partitions.length === 0) return
    try {
      this.#listener.lost(partitions)
    } catch (err) {
      this.#log.error({ err }, 'assignment listener failed')
    }
  }

  #call(what: string, run: () => Promise<void>): Promise<void> {
    this.#calls = this.#calls.then(run).catch((err: unknown) => {
      this.#log.error({ err, call: what }, 'assignment listener failed')
    })
    return this.#calls
  }
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`
}
