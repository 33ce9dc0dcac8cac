import type { Clock } from '@ddmq/common/clock'
import type { consumerService } from '@ddmq/common/idl'
import type { Logger } from '@ddmq/common/log'
import type { ThriftHandlers } from '@ddmq/common/thrift'
import type { LogClusters } from '@ddmq/storage'
import { consumeStats } from '../app/consume-stats.ts'
import type { ConsumerGroups } from '../app/consumer-groups.ts'
import type { PullMessages } from '../app/pull-messages.ts'
import { reportResults } from '../app/report-results.ts'
import { LowLevelUnsupportedError } from '../errors.ts'
import type { MethodMeters } from '../method-meters.ts'
import type { ConsumerProxyMetrics } from '../metrics.ts'
import { toPullResponse } from './pull-reply.ts'

/** The Java low-level client asks again without a pause: a refusal that comes later keeps it from spinning. */
const MIN_FETCH_REFUSAL_MS = 1000

export interface ConsumerHandlersDeps {
  readonly groups: ConsumerGroups
  readonly clusters: LogClusters
  readonly pullMessages: PullMessages
  readonly clock: Clock
  readonly metrics: ConsumerProxyMetrics
  readonly log: Logger
  readonly maxLingerMs: number
}

/** The methods of `ConsumerService`. An error becomes TApplicationException 6; the connection stays usable. */
export function createConsumerHandlers(deps: ConsumerHandlersDeps): ThriftHandlers<typeof consumerService> {
  const { groups, pullMessages, metrics } = deps
  const counted = async <Reply>(method: keyof MethodMeters, reply: Promise<Reply>): Promise<Reply> => {
    const meter = metrics.methods[method]
    const startMs = deps.clock.monotonicMs()
    meter.inFlight += 1
    try {
      const answer = await reply
      meter.finished('ok', deps.clock.monotonicMs() - startMs)
      return answer
    } catch (thrown) {
      meter.finished('error', deps.clock.monotonicMs() - startMs)
      throw thrown
    }
  }
  return {
    pull: ({ request }, call) =>
      counted(
        'pull',
        pullMessages.run(request, call).then(batch => toPullResponse(request.groupId, batch)),
      ),
    submit: ({ result }) =>
      counted(
        'submit',
        reportResults(groups, result).then(() => true),
      ),
    getConsumeStats: ({ request }) => counted('getConsumeStats', consumeStats(deps, request)),
    fetch: ({ request }) => counted('fetch', refuseFetch(deps, request.groupId, request.maxLingerTime ?? 0)),
    ack: ({ result }) => counted('ack', Promise.reject<boolean>(lowLevelUnsupported(result.groupId))),
  }
}

async function refuseFetch(deps: ConsumerHandlersDeps, group: string, lingerMs: number): Promise<never> {
  await deps.clock.sleep(Math.min(Math.max(lingerMs, MIN_FETCH_REFUSAL_MS), deps.maxLingerMs))
  throw lowLevelUnsupported(group)
}

function lowLevelUnsupported(group: string): LowLevelUnsupportedError {
  const message = `the low-level interface (fetch, ack) is not served by this version, group ${group}: use pull`
  return new LowLevelUnsupportedError(message, { details: { group } })
}
