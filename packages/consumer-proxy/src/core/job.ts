import type { StoredRecord } from '@ddmq/storage'
import type { JobContent } from './actions/job-content.ts'
import type { Subscription } from './subscription.ts'

/**
 * Why a message left without having been consumed. Everything but `filtered` goes to the group's dead-letter topic
 * (architecture §6: no outcome loses a message).
 */
export type DropReason =
  | 'errorRetriesExhausted'
  | 'businessRetriesExhausted'
  | 'timeoutRetriesExhausted'
  | 'badResponse'
  | 'actionFailed'

export type JobOutcome =
  | { readonly kind: 'consumed' }
  /** Not for this group (pressure traffic, null JSON): the offset advances, nothing was delivered. */
  | { readonly kind: 'filtered' }
  | {
      readonly kind: 'dropped'
      readonly reason: DropReason
      readonly attempts: number
      readonly lastResponse: string
    }

/**
 * One message on its way through the action chain of its subscription (consumer-proxy.md §11).
 *
 * J1 `finish` takes effect once; later calls do nothing.
 * J2 After `terminated` became true nothing is delivered any more, and `finish` no longer moves an offset: the partition
 *    belongs to somebody else or is being handed over.
 */
export interface Job {
  /** As of now: a live change of limits and retries applies to jobs under way, too. */
  readonly subscription: Subscription
  readonly record: StoredRecord
  readonly topic: string
  readonly qid: string
  /** Message key and user properties, decoded once on first use. */
  readonly key: string | undefined
  readonly tags: string | undefined
  readonly properties: ReadonlyMap<string, string>
  readonly terminated: boolean
  /** Counts memory that an action keeps for the job beside its record, until the job is finished. */
  hold(bytes: number): void
  finish(outcome: JobOutcome): void
}

/** The last action of a chain: takes the job over and finishes it some time later. Never throws. */
export interface JobSink {
  accept(job: Job, content: JobContent): void
  /** Stops delivering jobs of a group; jobs in flight may still finish until the signal aborts. */
  stop(deadline: AbortSignal): Promise<void>
}
