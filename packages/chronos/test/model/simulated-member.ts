import type { AssignedPartition, AssignmentListener, JoinOptions, TopicPartition } from '@ddmq/storage'
import type { SimulatedBrokers } from './simulated-brokers.ts'
import type { SimulatedProcess } from './simulated-process.ts'
import { nameOf } from './spread-partitions.ts'

export interface MemberDeps {
  readonly id: string
  readonly group: string
  readonly topics: readonly string[]
  readonly listener: AssignmentListener
  readonly options: JoinOptions
  readonly process: SimulatedProcess
  readonly brokers: SimulatedBrokers
}

/** One member: what the coordinator gave it (`held`), and what it believes to have (`believed`). Its listener is called one at a time. */
export class SimulatedMember {
  readonly id: string
  readonly group: string
  readonly topics: ReadonlySet<string>
  readonly process: SimulatedProcess
  readonly held = new Map<string, TopicPartition>()
  readonly believed = new Map<string, TopicPartition>()
  readonly #deps: MemberDeps
  #calls: Promise<void> = Promise.resolve()
  /** What the coordinator said and has not arrived; it arrives in this order. */
  readonly #messages: (() => void)[] = []
  #stopDraining: () => void = () => undefined
  left = false

  constructor(deps: MemberDeps) {
    this.id = deps.id
    this.group = deps.group
    this.topics = new Set(deps.topics)
    this.process = deps.process
    this.#deps = deps
  }

  /** Asked when the assignment is made; a process that stands still does not answer. */
  prefers(): ReadonlySet<string> {
    const asked = this.process.running ? this.#deps.options.prefers?.() : undefined
    return new Set((asked ?? []).map(nameOf))
  }

  assign(partitions: readonly AssignedPartition[]): void {
    for (const { topic, partition } of partitions)
      this.held.set(nameOf({ topic, partition }), { topic, partition })
    this.#tell(() => {
      const current = partitions.filter(at => this.held.has(nameOf(at)))
      for (const { topic, partition } of current)
        this.believed.set(nameOf({ topic, partition }), { topic, partition })
      void this.#call(async () => {
        const untold = current.filter(at => this.believed.has(nameOf(at)))
        if (untold.length > 0) await this.#deps.listener.assigned(untold)
      })
    })
  }

  /** Takes the partitions away when the listener is done, or at the deadline, which it is told as a loss. */
  async revoke(
    partitions: readonly TopicPartition[],
    drainMs: number,
    deadline?: AbortSignal,
  ): Promise<void> {
    const { brokers, listener } = this.#deps
    const abort = new AbortController()
    const outcome = await new Promise<'drained' | 'expired'>(resolve => {
      const expire = (): void => {
        abort.abort(new Error('the time to drain is over'))
        resolve('expired')
      }
      const cancel = brokers.options.clock.schedule(drainMs, expire)
      if (deadline?.aborted) expire()
      deadline?.addEventListener('abort', expire, { once: true })
      this.#stopDraining = () => resolve('drained')
      this.#tell(() => {
        const done = this.#call(() => listener.revoked(partitions, abort.signal))
        void done.then(() => brokers.carry(this.process, () => (cancel(), resolve('drained'))))
      })
    })
    for (const at of partitions) this.held.delete(nameOf(at))
    if (outcome === 'expired') this.process.run(() => this.lose(partitions))
    else for (const at of partitions) this.believed.delete(nameOf(at))
  }

  /** The member was expelled: nobody waits for it any more. */
  stopDraining(): void {
    this.#stopDraining()
  }

  lose(partitions: readonly TopicPartition[]): void {
    if (partitions.length === 0) return
    for (const at of partitions) {
      this.held.delete(nameOf(at))
      this.believed.delete(nameOf(at))
    }
    this.#deps.listener.lost(partitions)
  }

  #tell(message: () => void): void {
    this.#messages.push(message)
    this.#deps.brokers.carry(this.process, () => this.process.run(() => this.#messages.shift()?.()))
  }

  #call(work: () => Promise<void>): Promise<void> {
    this.#calls = this.#calls.then(work)
    return this.#calls
  }
}
