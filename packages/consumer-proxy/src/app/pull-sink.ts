import type { Job, JobSink } from '../core/job.ts'
import type { PullBuffer } from '../core/pull-buffer.ts'

/** Last action `PullServer`: the job waits in the group's pull buffer until a client takes it. */
export class PullSink implements JobSink {
  readonly #buffer: PullBuffer
  #wakeQueued = false

  constructor(buffer: PullBuffer) {
    this.#buffer = buffer
  }

  accept(job: Job): void {
    this.#buffer.add(job)
    if (this.#wakeQueued) return
    this.#wakeQueued = true
    // What one read brings arrives in one turn: parked pulls are served after the last of it, with full batches.
    queueMicrotask(() => {
      this.#wakeQueued = false
      this.#buffer.wake()
    })
  }

  async stop(): Promise<void> {
    this.#buffer.release()
  }
}
