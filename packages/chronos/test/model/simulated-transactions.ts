import { type LogRecord, StorageError } from '@ddmq/storage'
import type { BrokerOptions } from './simulated-brokers.ts'
import type { BrokerTransaction, SimulatedPartition, Stamp } from './simulated-partition.ts'

interface Holder {
  epoch: number
  open: BrokerTransaction | undefined
  /** Decided, but some partitions have not heard of it yet. */
  decided: BrokerTransaction | undefined
}

export interface Part {
  readonly partition: SimulatedPartition
  readonly records: readonly LogRecord[]
}

const LATE_MS = 3_000
const MARKERS_MS = 80

/**
 * Who holds which transactional id, and what is open. A decision is certain when it was taken; each partition hears of it a
 * moment later, by itself, and its readers wait until then.
 */
export class SimulatedTransactions {
  readonly #options: BrokerOptions
  readonly #stamp: () => Stamp
  #markersMs = MARKERS_MS
  #undecidedMs = 0
  readonly #holders = new Map<string, Holder>()

  constructor(options: BrokerOptions, stamp: () => Stamp) {
    this.#options = options
    this.#stamp = stamp
  }

  /** From now on partitions hear of a decision within so long. */
  delayMarkers(ms = MARKERS_MS): void {
    this.#markersMs = ms
  }

  /** From now on a commit is decided so long after everything of it was sent. */
  delayDecisions(ms: number): void {
    this.#undecidedMs = ms
  }

  get undecidedMs(): number {
    return this.#undecidedMs
  }

  /** Fences the older holder of the id, aborts what it left open and finishes what it decided. Answers the epoch of the new one. */
  open(id: string): number {
    const holder = this.#holders.get(id) ?? { epoch: 0, open: undefined, decided: undefined }
    this.#holders.set(id, holder)
    holder.epoch++
    this.#finish(holder)
    this.#abort(holder)
    return holder.epoch
  }

  /** How often it was opened. */
  openings(id: string): number {
    return this.#holders.get(id)?.epoch ?? 0
  }

  /** Throws `fenced`. */
  checkHolder(id: string, epoch: number): void {
    this.#holder(id, epoch)
  }

  /** Adds to the open transaction of the holder, which it begins if there is none. */
  write(id: string, epoch: number, parts: readonly Part[]): readonly number[] {
    const holder = this.#holder(id, epoch)
    this.#finish(holder)
    holder.open ??= this.#begin(holder, id)
    const stamp = this.#stamp()
    return parts.map(({ partition, records }) => partition.write(records, stamp, holder.open))
  }

  commit(id: string, epoch: number): void {
    const holder = this.#holder(id, epoch)
    const { open } = holder
    if (open === undefined) throw new StorageError('fenced', `the transaction of ${id} was aborted`)
    open.state = 'committed'
    open.decidedAt = this.#stamp().writtenAt
    holder.open = undefined
    holder.decided = open
    const { clock, random, latencyMs } = this.#options
    for (const partition of open.partitions) {
      const ms = latencyMs() === 0 ? 0 : random.below(this.#markersMs)
      if (ms === 0) this.#mark(open, partition)
      else clock.schedule(ms, () => this.#mark(open, partition))
    }
  }

  /** The decision is on its way for a while; whoever opens the transactor meanwhile wins. */
  commitLate(id: string, epoch: number): void {
    const { open } = this.#holder(id, epoch)
    const { clock, random } = this.#options
    clock.schedule(random.below(LATE_MS), () => {
      if (open !== undefined && this.#holders.get(id)?.open === open) this.commit(id, epoch)
    })
  }

  /** The servers were switched off and on: what was open is aborted, what was decided is finished or, where that is lost, aborted. */
  restart(keptUntil: number): void {
    for (const holder of this.#holders.values()) {
      const { open, decided } = holder
      holder.open = undefined
      holder.decided = undefined
      if (open !== undefined) {
        open.state = 'aborted'
        open.marked.clear()
        for (const partition of open.partitions) open.marked.set(partition, 0)
        holder.epoch++
      }
      if (decided === undefined) continue
      for (const partition of decided.partitions) {
        if (!decided.marked.has(partition)) decided.marked.set(partition, this.#options.clock.nowMs())
      }
      if (decided.decidedAt > keptUntil) decided.state = 'aborted'
    }
  }

  #holder(id: string, epoch: number): Holder {
    const holder = this.#holders.get(id)
    if (holder?.epoch === epoch) return holder
    throw new StorageError('fenced', `transactional id ${id} has a newer holder`)
  }

  #begin(holder: Holder, id: string): BrokerTransaction {
    const begun: BrokerTransaction = {
      id,
      state: 'open',
      decidedAt: 0,
      partitions: new Set(),
      marked: new Map(),
    }
    this.#options.clock.schedule(this.#options.transactionTimeoutMs, () => {
      if (holder.open !== begun) return
      this.#abort(holder)
      holder.epoch++
    })
    return begun
  }

  #abort(holder: Holder): void {
    const { open } = holder
    if (open === undefined) return
    open.state = 'aborted'
    open.decidedAt = this.#stamp().writtenAt
    for (const partition of open.partitions) this.#mark(open, partition)
    holder.open = undefined
  }

  #finish(holder: Holder): void {
    const { decided } = holder
    if (decided === undefined) return
    for (const partition of decided.partitions) this.#mark(decided, partition)
    holder.decided = undefined
  }

  #mark(transaction: BrokerTransaction, partition: SimulatedPartition): void {
    if (transaction.marked.has(partition)) return
    const stamp = this.#stamp()
    transaction.marked.set(partition, stamp.writtenMs)
    partition.write([undefined], stamp, transaction)
  }
}
