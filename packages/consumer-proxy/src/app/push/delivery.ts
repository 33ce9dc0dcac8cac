import type { Placed } from '@ddmq/common/collections'
import type { Job } from '../../core/job.ts'
import type { PushCall } from '../../core/push/ports.ts'
import type { PushPlan } from '../../core/push/push-plan.ts'
import type { RetryState } from '../../core/push/retry-policy.ts'
import type { TopicPush } from './topic-push.ts'

/** One message on its way to its receiver; `state` is replaced after each attempt. */
export interface Delivery extends Placed {
  readonly job: Job
  readonly plan: PushPlan
  readonly topic: TopicPush
  state: RetryState
  /** Of the attempt that is under way, the last one otherwise. */
  call: PushCall | undefined
}
