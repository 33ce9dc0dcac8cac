import type { DeadlineWatch } from '../deadline-watch.ts'
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
    const job: WriteJob = {
      withdrawn: false,
      staged: false,
      tableAppends: task.tableAppends,
      stage: staging => task.stage(staging),
      committed: () => {
        deadline?.watch.delete(expiring)
        task.committed?.()
        resolve()
      },
      failed: error => {
        deadline?.watch.delete(expiring)
        if (job.staged) task.undo?.()
        reject(error)
      },
    }
    const expiring = {
      dueMs: deadline?.dueMs ?? 0,
      expire: () => {
        job.withdrawn = !job.staged
        reject(
          job.staged
            ? new StorageError('outcomeUnknown', 'not written by the deadline')
            : new StorageError('retriable', 'withdrawn at the deadline'),
        )
      },
    }
    deadline?.watch.add(expiring)
    commits.submit(job)
  })
}
