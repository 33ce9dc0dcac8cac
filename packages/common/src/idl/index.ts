export type { AckResult } from './ack-result.ts'
export type { ConsumeResult } from './consume-result.ts'
export type { ConsumeStats, ConsumeStatsRequest } from './consume-stats.ts'
export type { ConsumedMessage } from './consumed-message.ts'
export { consumerService, type RequestArgs, type ResultArgs } from './consumer-service.ts'
export type { Context } from './context.ts'
export { DelayMessage } from './delay-message.ts'
export type { FetchRequest, FetchResponse, QidResponse } from './fetch.ts'
export { Message, readMessage, writeMessage } from './message.ts'
export type { QueueOffsets } from './offsets.ts'
export {
  producerService,
  type SendAsyncArgs,
  type SendBatchSyncArgs,
  type SendDelaySyncArgs,
  type SendSyncArgs,
} from './producer-service.ts'
export type { PullRequest, PullResponse } from './pull.ts'
export { type PullException, PullExceptionError } from './pull-exception.ts'
export type { DelayResult, Result } from './result.ts'
