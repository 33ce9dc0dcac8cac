import type { CommittedOffset, Membership } from '@ddmq/storage'
import { StorageError } from '@ddmq/storage'
import { CommitFailedError } from '../errors.ts'
import type { PartitionLane } from './partition-lane.ts'

interface DuePosition {
  readonly lane: PartitionLane
  readonly offset: number
}

/**
 * Stores the positions of a member's lanes.
 *
 * O1 One commit is under way at a time; callers that come meanwhile share the next one.
 * O2 `commit` resolves after every position that was committable when it was called is stored, or belongs to another
 *    member by now.
 */
export class OffsetCommitter {
  readonly #membership: Membership
  readonly #lanes: ReadonlyMap<string, PartitionLane>
  #running: Promise<void> = Promise.resolve()
  #next: Promise<void> | undefined

  constructor(membership: Membership, lanes: ReadonlyMap<string, PartitionLane>) {
    this.#membership = membership
    this.#lanes = lanes
  }

  /** Rejects CommitFailedError; the positions stay due and are part of the next commit. */
  commit(): Promise<void> {
    this.#next ??= this.#running.then(() => {
      this.#next = undefined
      const run = this.#commitNow()
      this.#running = run.catch(() => undefined) // Told to the callers; the next commit does not depend on it.
      return run
    })
    return this.#next
  }

  async #commitNow(): Promise<void> {
    const due: DuePosition[] = []
    for (const lane of this.#lanes.values()) {
      const offset = lane.committable
      if (!lane.terminated && offset !== lane.committedOffset) due.push({ lane, offset })
    }
    await this.#store(due)
  }

  async #store(due: readonly DuePosition[]): Promise<void> {
    if (due.length === 0) return
    try {
      await this.#membership.commit(due.map(({ lane, offset }) => committed(lane, offset)))
    } catch (cause) {
      const held = this.#stillHeld(due)
      // Whoever has the other partitions now starts from the stored position; these are stored without them.
      if (cause instanceof StorageError && cause.kind === 'fenced' && held.length < due.length) {
        return this.#store(held)
      }
      throw new CommitFailedError(`positions of group ${this.#membership.group} could not be stored`, {
        cause,
      })
    }
    for (const { lane, offset } of due) lane.committedOffset = offset
  }

  #stillHeld(due: readonly DuePosition[]): readonly DuePosition[] {
    const held = this.#membership.assignment()
    return due.filter(({ lane }) =>
      held.some(({ topic, partition }) => topic === lane.topic && partition === lane.partition),
    )
  }
}

function committed(lane: PartitionLane, offset: number): CommittedOffset {
  return { topic: lane.topic, partition: lane.partition, offset, metadata: '' }
}
