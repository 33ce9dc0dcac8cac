import { type DeadlineWatch, Expiring } from '../deadline-watch.ts'
import { StorageError } from '../errors.ts'
import type { GroupCommit, WriteJob } from './group-commit.ts'
import type { Staging } from './staging.ts'

/** A change that is not a plain append: offsets, a transaction, a topic. */
export interface Task {
  readonly tableAppends?: WriteJob['tableAppends']
  /** Checks everything first, then adds to the batch: throwing must leave no trace. */
  stage(staging: Staging): void
  /** The batch is written. */
  committed?(): void
  /** It was staged and is not (known to be) written. */
  undo?(): void
}

export interface TaskDeadline {
  readonly dueMs: number
  readonly watch: DeadlineWatch
}

/** Resolves when the task's batch is written. Without a deadline it waits for the writer, which always answers. */
export function commitTask(commits: GroupCommit, task: Task, deadline?: TaskDeadline): Promise<void> {
  return new Promise((resolve, reject) => {
    const job = new TaskJob(task, deadline, { resolve, reject })
    deadline?.watch.add(job)
    commits.submit(job)
  })
}

class TaskJob extends Expiring implements WriteJob {
  withdrawn = false
  staged = false
  readonly #task: Task
  readonly #watch: DeadlineWatch | undefined
  readonly #answer: { resolve: () => void; reject: (error: StorageError) => void }

  constructor(
    task: Task,
    deadline: TaskDeadline | undefined,
    answer: { resolve: () => void; reject: (error: StorageError) => void },
  ) {
    super(deadline?.dueMs ?? Number.POSITIVE_INFINITY)
    this.#task = task
    this.#watch = deadline?.watch
    this.#answer = answer
  }

  get tableAppends(): WriteJob['tableAppends'] {
    return this.#task.tableAppends
  }

  stage(staging: Staging): void {
    this.#task.stage(staging)
  }

  committed(): void {
    this.#watch?.delete(this)
    this.#task.committed?.()
    this.#answer.resolve()
  }

  failed(error: StorageError): void {
    this.#watch?.delete(this)
    if (this.staged) this.#task.undo?.()
    this.#answer.reject(error)
  }

  expire(): void {
    this.withdrawn = !this.staged
    const error = this.staged
      ? new StorageError('outcomeUnknown', 'not written by the deadline')
      : new StorageError('retriable', 'withdrawn at the deadline')
    this.#answer.reject(error)
  }
}
