export {
  type BatchHandler,
  type BatchOutcomes,
  type ConsumedMessage,
  type Consumer,
  type ConsumeStats,
  type Delivery,
  type Handler,
  type Outcome,
  type StopReport,
} from './consumer/consumer.ts'
export type { ConsumerOptions, HandlingOptions, Ordering } from './consumer/consumer-options.ts'
export { createConsumer } from './consumer/create-consumer.ts'
export { isSuccess, ResultCode } from './core/result-code.ts'
export type { DelayMessage, DelaySpec, Repeat } from './delay.ts'
export { DdmqClientError } from './errors.ts'
export type { LogFields, Logger } from './logger.ts'
export type { Message } from './message.ts'
export type { CounterName, GaugeName, HistogramName, MetricLabels, Metrics } from './metrics.ts'
export { createProducer } from './producer/create-producer.ts'
export type {
  BatchMode,
  BatchOptions,
  BatchResult,
  CallOptions,
  CancelOptions,
  DelayResult,
  Producer,
  SendResult,
} from './producer/producer.ts'
export type { ProducerOptions } from './producer/producer-options.ts'
export { toResultOrThrow } from './producer/to-result-or-throw.ts'
