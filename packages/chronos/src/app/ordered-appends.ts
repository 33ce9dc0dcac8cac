/**
 * Firing on an engine without transactions, in the place of a transactor: at least once (SPEC.md I9).
 *
 * X1 Nothing is written to the table before every delivery is acknowledged: who ends in between leaves rounds that are delivered
 *    again, none that are lost.
 * X2 The table is written in order, one append after the other, so that what is stored is always a beginning of the commit
 *    (see `FireBatch`).
 * X3 It fences nobody: of two owners at once both deliver.
 * X4 What is delivered comes again when the table is not told. So each append to the table has the whole time of the commit for
 *    itself, however long the deliveries and `beforeLast` took: nothing is gained by giving up earlier.
 */
import {
  type Append,
  type CommitOptions,
  firstRefusal,
  type LogCluster,
  StorageError,
  type Transactor,
} from '@ddmq/storage'
import { isRefusal } from '../core/verdict.ts'

export interface OrderedAppendsDeps {
  readonly cluster: Pick<LogCluster, 'append'>
  /** Topic of the table. */
  readonly topic: string
}

export class OrderedAppends implements Transactor {
  readonly id: string
  readonly #deps: OrderedAppendsDeps

  constructor(id: string, deps: OrderedAppendsDeps) {
    this.id = id
    this.#deps = deps
  }

  /**
   * As `Transactor.commit`, but for all or nothing: what a topic refused leaves the deliveries to the others stored, and what
   * the table refused all of them. May take longer than `deadlineMs` (X4).
   */
  async commit(appends: readonly Append[], options: CommitOptions): Promise<readonly number[]> {
    const { deadlineMs, last = [], beforeLast, offsets } = options
    if (offsets !== undefined) throw new StorageError('invalid', `${this.id} has no transactions for offsets`)
    const { topic: table } = this.#deps
    const all = [...appends, ...last]
    const stored = new Map<Append, number>()
    const deliveries = all.filter(({ topic }) => topic !== table)
    if (deliveries.length > 0) await this.#store(deliveries, stored, deadlineMs)
    await beforeLast?.()
    for (const append of all) {
      if (append.topic === table) await this.#store([append], stored, deadlineMs)
    }
    return all.map(append => stored.get(append) ?? 0)
  }

  async close(): Promise<void> {}

  async #store(appends: readonly Append[], stored: Map<Append, number>, deadlineMs: number): Promise<void> {
    const outcomes = await this.#deps.cluster.append(appends, { deadlineMs })
    const refusals = appends.flatMap((append, place) => {
      const outcome = outcomes[place]
      if (outcome !== undefined && 'baseOffset' in outcome) {
        stored.set(append, outcome.baseOffset)
        return []
      }
      const error = outcome?.error ?? new StorageError('outcomeUnknown', 'the append has no outcome')
      return { topic: append.topic, error: this.#consequence(append.topic, error) }
    })
    const refusal = firstRefusal(refusals)
    if (refusal !== undefined) throw refusal
  }

  /** A delivery may be repeated, so an unknown one counts as none; after the deliveries only the log knows how far it came. */
  #consequence(topic: string, error: StorageError): StorageError {
    const { kind, message, details, cause } = error
    const isTable = topic === this.#deps.topic
    if (isTable ? isRefusal(kind) : kind !== 'outcomeUnknown') return error
    return new StorageError(isTable ? 'outcomeUnknown' : 'unavailable', message, { details, cause })
  }
}
