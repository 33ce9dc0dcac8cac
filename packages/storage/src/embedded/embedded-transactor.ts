import { firstRefusal, type Refusal } from '../blame.ts'
import { StorageError } from '../errors.ts'
import type { Append, CallOptions } from '../port/cluster.ts'
import type { CommittedOffset } from '../port/membership.ts'
import { checkHolderName } from '../port/names.ts'
import type { LogRecord } from '../port/record.ts'
import type { CommitOptions, Transactor } from '../port/transactor.ts'
import { asStorageError } from './group-commit.ts'
import type { ResolvedOffset } from './group-offsets.ts'
import type { PartitionLog } from './partition-log.ts'
import type { Staging } from './staging.ts'
import type { Task } from './task-job.ts'

/** An append with its partition looked up and its records checked. */
export interface CheckedAppend {
  readonly log: PartitionLog
  readonly records: readonly LogRecord[]
  /** Sum of their encoded sizes. */
  readonly bytes: number
}

export interface TransactorDeps {
  /** Epoch of the newest holder of an id. */
  readonly currentEpoch: (id: string) => number | undefined
  readonly check: (append: Append) => CheckedAppend
  readonly resolveOffset: (offset: CommittedOffset) => ResolvedOffset
  readonly stageOffsets: (staging: Staging, group: string, offsets: readonly ResolvedOffset[]) => void
  readonly applyOffsets: (group: string, offsets: readonly ResolvedOffset[]) => void
  readonly run: (task: Task, options: CallOptions) => Promise<void>
}

/** E8 A transaction is one write batch; it is staged only while its holder is the newest one. */
export class EmbeddedTransactor implements Transactor {
  readonly id: string
  readonly #epoch: number
  readonly #deps: TransactorDeps
  #last: Promise<unknown> = Promise.resolve()
  #spent: string | undefined

  constructor(id: string, epoch: number, deps: TransactorDeps) {
    this.id = id
    this.#epoch = epoch
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
    this.#checkHolder()
    if (this.#spent !== undefined) {
      throw new StorageError('invalid', `transactor ${this.id} is spent, open a new one: ${this.#spent}`)
    }
    const { offsets, last = [] } = options
    const refusals: Refusal[] = []
    const attempt = <Value>(topic: string, check: () => Value): readonly Value[] => {
      try {
        return [check()]
      } catch (thrown) {
        refusals.push({ topic, error: asStorageError(thrown) })
        return []
      }
    }
    const checked = [...appends, ...last].flatMap(append =>
      attempt(append.topic, () => this.#deps.check(append)),
    )
    const resolved = (offsets?.offsets ?? []).flatMap(offset =>
      attempt(offset.topic, () => this.#deps.resolveOffset(offset)),
    )
    const refusal = firstRefusal(refusals)
    if (refusal !== undefined) throw refusal
    if (offsets !== undefined) checkHolderName('group', offsets.group)
    await options.beforeLast?.()
    let baseOffsets: readonly number[] = []
    await this.#deps.run(
      {
        tableAppends: checked.filter(({ log }) => log.topic.compacted),
        stage: staging => {
          this.#checkHolder()
          checkAlive([...checked, ...resolved])
          baseOffsets = checked.map(({ log, records, bytes }) => staging.append(log, records, bytes))
          if (offsets !== undefined) this.#deps.stageOffsets(staging, offsets.group, resolved)
        },
        committed: () => {
          if (offsets !== undefined) this.#deps.applyOffsets(offsets.group, resolved)
        },
      },
      options,
    )
    return baseOffsets
  }

  #checkHolder(): void {
    if (this.#deps.currentEpoch(this.id) === this.#epoch) return
    throw new StorageError('fenced', `transactional id ${this.id} has a newer holder`)
  }
}

function checkAlive(parts: readonly { readonly log: PartitionLog }[]): void {
  const refusals = parts
    .filter(({ log }) => log.topic.deleted)
    .map(({ log: { topic } }) => ({
      topic: topic.name,
      error: new StorageError('unknownTopic', `topic ${topic.name} was deleted`),
    }))
  const refusal = firstRefusal(refusals)
  if (refusal !== undefined) throw refusal
}
