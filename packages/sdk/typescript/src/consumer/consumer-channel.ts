import type { ConsumeResult, ConsumeStats, PullRequest, PullResponse } from '@ddmq/common/idl'

/** Requests to one consumer proxy. Each rejects when there is no answer; none retries. */
export interface ConsumerChannel {
  readonly name: string
  pull(request: PullRequest, signal: AbortSignal): Promise<PullResponse>
  submit(result: ConsumeResult): Promise<boolean>
  stats(
    group: string,
    topic: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<readonly ConsumeStats[]>
  /** Ends the requests under way. */
  close(): void
}
