import type { Clock } from '@ddmq/common/clock'
import type { ConsumeResult, ConsumeStats, PullRequest, PullResponse } from '@ddmq/common/idl'
import type { ConsumerChannel } from '../consumer/consumer-channel.ts'
import type { MemoryGroup } from './memory-group.ts'

/** A consumer's requests, answered by the in-memory broker. */
export class MemoryChannel implements ConsumerChannel {
  readonly name = 'memory'
  readonly #group: MemoryGroup
  readonly #clock: Clock

  constructor(group: MemoryGroup, clock: Clock) {
    this.#group = group
    this.#clock = clock
  }

  async pull(request: PullRequest, signal: AbortSignal): Promise<PullResponse> {
    this.#group.apply(request.result)
    const ready = this.#group.take(request)
    if (ready !== undefined) return ready
    await this.#change(request.maxLingerTime ?? 0, signal)
    return this.#group.take(request) ?? { context: {}, messages: [] }
  }

  async submit(result: ConsumeResult): Promise<boolean> {
    this.#group.apply(result)
    return true
  }

  async stats(): Promise<readonly ConsumeStats[]> {
    return []
  }

  close(): void {}

  #change(withinMs: number, signal: AbortSignal): Promise<void> {
    return new Promise(resolve => {
      const end = (): void => {
        forget()
        cancel()
        signal.removeEventListener('abort', end)
        resolve()
      }
      const forget = this.#group.onChange(end)
      const cancel = this.#clock.schedule(withinMs, end)
      signal.addEventListener('abort', end, { once: true })
    })
  }
}
