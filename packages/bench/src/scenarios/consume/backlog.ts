import { fillTopic } from '../../load/fill-topic.ts'
import type { Address } from '../../load/session.ts'
import { untilIdle } from '../../load/until-idle.ts'
import type { RunningDdmq } from '../../servers/running-ddmq.ts'

export interface BacklogOptions {
  readonly producer: Address
  readonly topic: string
  readonly bodyBytes: number
}

/** Messages that wait in a topic for one group. */
export class Backlog {
  readonly #options: BacklogOptions
  #size = 0

  constructor(options: BacklogOptions) {
    this.#options = options
  }

  /** Sends what is missing to so many, and waits until the server has done with it; resolves with how many there are then. */
  async fillTo(size: number, pid: number): Promise<number> {
    const messages = Math.max(0, Math.ceil(size - this.#size))
    await fillTopic({ ...this.#options, address: this.#options.producer, messages })
    this.#size += messages
    await untilIdle(pid)
    return this.#size
  }

  consumed(messages: number): void {
    this.#size -= messages
  }
}

/** Creates a topic and a group that is subscribed to it from its start; `args` are more of the subscription's. */
export async function subscribe(
  ddmq: RunningDdmq,
  { topic, group }: { readonly topic: string; readonly group: string },
  args: readonly string[],
): Promise<void> {
  await ddmq.run('group', 'create', group)
  await ddmq.run('sub', 'create', group, topic, '--from', 'earliest', ...args)
}
