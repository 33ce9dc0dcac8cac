import { type Append, type CommitOptions, StorageError, type Transactor } from '@ddmq/storage'
import type { SimulatedBrokers } from './simulated-brokers.ts'
import type { SimulatedProcess } from './simulated-process.ts'

export interface TransactorDeps {
  readonly brokers: SimulatedBrokers
  readonly epoch: number
  /** One message to the brokers and its answer; `outcomeUnknown` at the deadline. */
  readonly call: <Value>(deadlineMs: number, handle: () => Value) => Promise<Value>
  readonly process: SimulatedProcess
}

/** Sends what it has, then what is `last`, then the decision; whoever dies between two of them leaves it open. */
export class SimulatedTransactor implements Transactor {
  readonly id: string
  readonly #deps: TransactorDeps
  #last: Promise<unknown> = Promise.resolve()
  #spent: string | undefined

  constructor(id: string, deps: TransactorDeps) {
    this.id = id
    this.#deps = deps
  }

  commit(appends: readonly Append[], options: CommitOptions): Promise<readonly number[]> {
    const result = this.#last.then(() => this.#commit(appends, options))
    this.#last = result.catch((thrown: unknown) => {
      this.#spent ??= thrown instanceof Error ? thrown.message : String(thrown)
    })
    return result
  }

  async close(): Promise<void> {
    await this.#last
    this.#spent ??= 'it was closed'
  }

  async #commit(appends: readonly Append[], options: CommitOptions): Promise<readonly number[]> {
    const { brokers, epoch, process } = this.#deps
    const { clock } = process
    const untilMs = clock.monotonicMs() + options.deadlineMs
    const call = <Value>(handle: () => Value): Promise<Value> =>
      this.#deps.call(untilMs - clock.monotonicMs(), handle)
    if (this.#spent !== undefined) await this.#refuseSpent(call)
    const { last = [], beforeLast, offsets } = options
    const first = await call(() => {
      brokers.checkAll([...appends, ...last], offsets?.offsets ?? [])
      return this.#send(appends)
    })
    await beforeLast?.()
    const behind = last.length === 0 ? [] : await call(() => brokers.writeInTransaction(this.id, epoch, last))
    const { undecidedMs } = brokers.transactions
    if (undecidedMs > 0) await clock.sleep(undecidedMs)
    await call(() => {
      this.#decide()
      if (offsets !== undefined) brokers.groups.storeOffsets(offsets.group, offsets.offsets)
    })
    return [...first, ...behind]
  }

  /** Fencing is told even to a spent one. */
  async #refuseSpent(call: <Value>(handle: () => Value) => Promise<Value>): Promise<never> {
    const { brokers, epoch } = this.#deps
    await call(() => brokers.transactions.checkHolder(this.id, epoch))
    throw new StorageError('invalid', `transactor ${this.id} is spent, open a new one: ${this.#spent}`)
  }

  #send(appends: readonly Append[]): readonly number[] {
    const { brokers, epoch } = this.#deps
    const fault = brokers.peekCommitFault()
    if (fault === 'refused' || fault === 'partlySent') {
      brokers.takeCommitFault()
      if (fault === 'partlySent')
        brokers.writeInTransaction(this.id, epoch, appends.slice(0, Math.ceil(appends.length / 2)))
      throw new StorageError('retriable', `the commit of ${this.id} was refused`)
    }
    return brokers.writeInTransaction(this.id, epoch, appends)
  }

  #decide(): void {
    const { brokers, epoch, process } = this.#deps
    const fault = brokers.takeCommitFault()
    if (fault === undefined || fault === 'storedUnknown' || fault === 'killedDecided') {
      brokers.transactions.commit(this.id, epoch)
    }
    if (fault === 'storedLate') brokers.transactions.commitLate(this.id, epoch)
    if (fault === 'killedOpen' || fault === 'killedDecided') process.kill()
    if (fault === undefined) return
    throw new StorageError('outcomeUnknown', `the answer to the commit of ${this.id} was lost`)
  }
}
