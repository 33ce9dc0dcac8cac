import type { ConsumedMessage, PullResponse } from '@ddmq/common/idl'
import type { Job } from '../core/job.ts'
import type { PullBatch } from '../core/pull-queue.ts'

const EMPTY_BODY = new Uint8Array(0)

/** Present context without fields, no messages (consumer-proxy.md §5.1, [WIRE]). */
const NOTHING: PullResponse = { context: {}, messages: [] }

/** Hot: once per pull. The context is complete, because clients echo it as the key of their results. */
export function toPullResponse(groupId: string, batch: PullBatch | undefined): PullResponse {
  if (batch === undefined) return NOTHING
  const { topic, qid, entries } = batch
  return { context: { groupId, topic, qid }, messages: entries.map(entry => toMessage(entry.job)) }
}

/** A record without a body is delivered with an empty one. */
function toMessage(job: Job): ConsumedMessage {
  const { record, properties } = job
  return {
    key: job.key,
    value: record.value ?? EMPTY_BODY,
    tag: job.tags,
    offset: record.offset,
    properties: properties.size === 0 ? undefined : properties,
  }
}
