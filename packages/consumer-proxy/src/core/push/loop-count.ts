import { isLoopType } from '@ddmq/common/delay'
import type { Job } from '../job.ts'
import { PushRefusedError } from './errors.ts'

/**
 * timestamp-type-expire-times-timed-interval-innerTopicSeq-uuid[-segmentNum-segmentIndex] (consumer-proxy.md §13.1): wider
 * than a valid id, because what an original chronos delivered must be pushed as well.
 */
const DELAY_ID = /^\d+-(?<type>\d+)-\d+-\d+-(?<timed>\d+)-\d+-\d+-[0-9a-f-]{36}(?:-\d+-\d+)?$/i

/** How often a loop message of chronos fired before; undefined for every other message. */
export function loopCount(job: Pick<Job, 'key' | 'properties'>): string | undefined {
  if (!job.properties.has('from_chronos')) return undefined
  const parts = DELAY_ID.exec(job.key ?? '')?.groups
  if (parts === undefined) throw new PushRefusedError('the key of a message of chronos is not a delay id')
  return isLoopType(Number(parts['type'])) ? parts['timed'] : undefined
}
