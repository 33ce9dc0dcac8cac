import { setTimeout as delay } from 'node:timers/promises'
import type { Consumer, Producer } from '@ddmq/sdk'
import { eventually } from '@ddmq/testkit'

const SENDERS = 4
const PAUSE_MS = 5
const PROGRESS = 100
const PROGRESS_WITHIN_MS = 60_000

/** A producer and a consumer that go on whatever happens, and what each of them knows. */
export class Traffic {
  /** Ids whose send was answered with 0. */
  readonly acknowledged = new Set<string>()
  /** Ids that reached the handler, with how often. */
  readonly consumed = new Map<string, number>()
  /** Sends that were answered with another code. */
  refused = 0
  readonly #producer: Producer
  readonly #topic: string
  readonly #stopping = new AbortController()
  readonly #senders: readonly Promise<void>[]
  #sequence = 0

  constructor(producer: Producer, consumer: Consumer, topic: string) {
    this.#producer = producer
    this.#topic = topic
    this.#senders = Array.from({ length: SENDERS }, () => this.#send())
    void consumer.run(async ({ message }) => {
      const id = new TextDecoder().decode(message.body)
      this.consumed.set(id, (this.consumed.get(id) ?? 0) + 1)
      return 'SUCCESS'
    })
  }

  /** Resolves when messages that were acknowledged from now on have been consumed: both ways work. */
  async progress(): Promise<void> {
    const before = new Set(this.acknowledged)
    await eventually(() => {
      const after = [...this.acknowledged].filter(id => !before.has(id))
      const arrived = after.filter(id => this.consumed.has(id)).length
      if (arrived < PROGRESS)
        throw new Error(`${after.length} acknowledged since, ${arrived} of them consumed`)
    }, PROGRESS_WITHIN_MS)
  }

  /** Acknowledged and not consumed so far. */
  get missing(): readonly string[] {
    return [...this.acknowledged].filter(id => !this.consumed.has(id))
  }

  get duplicates(): number {
    return [...this.consumed.values()].reduce((sum, times) => sum + times - 1, 0)
  }

  /** No further send begins; those under way are answered when it resolves. */
  async stopSending(): Promise<void> {
    this.#stopping.abort()
    await Promise.all(this.#senders)
  }

  async #send(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const id = `m${(this.#sequence++).toString(36)}`
      const { code } = await this.#producer.send({ topic: this.#topic, key: id, body: id })
      if (code === 0) this.acknowledged.add(id)
      else this.refused += 1
      await delay(PAUSE_MS)
    }
  }
}
