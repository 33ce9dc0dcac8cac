import type { EndpointAddress } from '../core/endpoint-address.ts'
import { type Logger, silentLogger } from '../logger.ts'
import type { Metrics } from '../metrics.ts'
import { endpointsOption, integerOption, invalidOption, refuseUnknownOptions } from '../option-check.ts'

/** `queue`: messages of one queue are handled one after another, in offset order. `none`: as slots are free. */
export type Ordering = 'queue' | 'none'

/** How a consumer works, wherever its messages come from. Defaults stand in brackets; every time is in milliseconds. */
export interface HandlingOptions {
  readonly group: string
  /** Only these topics of the group's subscription; all of them when absent. */
  readonly topics?: readonly string[]
  /** Handlers that run at the same time: messages for `run` and the iterator, batches for `runBatch` (8). */
  readonly concurrency?: number
  /** Most messages one pull may bring (32); never more than handlers are free. */
  readonly maxBatchSize?: number
  /** How long the server may hold a pull when there is no message (500). */
  readonly lingerMs?: number
  /** (`queue`) */
  readonly ordering?: Ordering
  /** A handler that takes longer is told to abort and its message is reported as failed (0 = no limit). */
  readonly handlerTimeoutMs?: number
  /** How often `stop` tries to report the last results (3). */
  readonly submitRetries?: number
  /** How long `stop` waits for running handlers (30000). */
  readonly stopTimeoutMs?: number
  readonly logger?: Logger
  readonly metrics?: Metrics
}

export interface ConsumerOptions extends HandlingOptions {
  /** Consumer proxies: `host:port`, `1.2.3.4:port`, `[::1]:port`. Each is polled on its own. */
  readonly endpoints: readonly string[]
  /** How long a request waits for its reply (5000); at least twice `lingerMs`. */
  readonly requestTimeoutMs?: number
  /** (500) */
  readonly connectTimeoutMs?: number
}

/** The options with every default filled in. */
export type HandlingSettings = Required<Omit<HandlingOptions, 'topics' | 'metrics'>> & {
  readonly topics: readonly string[] | undefined
  readonly metrics: Metrics | undefined
}

export interface ConsumerSettings extends HandlingSettings {
  readonly endpoints: readonly EndpointAddress[]
  readonly requestTimeoutMs: number
  readonly connectTimeoutMs: number
}

/** Throws `DdmqClientError` (102) naming the first option that is wrong. */
export function toHandlingSettings(options: HandlingOptions): HandlingSettings {
  return {
    group: groupOption(options.group),
    topics: topicsOption(options.topics),
    concurrency: integerOption('concurrency', options.concurrency, 8, 1),
    maxBatchSize: integerOption('maxBatchSize', options.maxBatchSize, 32, 1),
    lingerMs: integerOption('lingerMs', options.lingerMs, 500, 0),
    ordering: orderingOption(options.ordering),
    handlerTimeoutMs: integerOption('handlerTimeoutMs', options.handlerTimeoutMs, 0, 0),
    submitRetries: integerOption('submitRetries', options.submitRetries, 3, 1),
    stopTimeoutMs: integerOption('stopTimeoutMs', options.stopTimeoutMs, 30_000, 0),
    logger: options.logger ?? silentLogger,
    metrics: options.metrics,
  }
}

/** Throws `DdmqClientError` (102) naming the first option that is wrong. */
export function toConsumerSettings(options: ConsumerOptions): ConsumerSettings {
  refuseUnknownOptions(options, [...HANDLING_OPTIONS, 'endpoints', 'requestTimeoutMs', 'connectTimeoutMs'])
  const settings = {
    ...toHandlingSettings(options),
    endpoints: endpointsOption(options.endpoints),
    requestTimeoutMs: integerOption('requestTimeoutMs', options.requestTimeoutMs, 5000, 1),
    connectTimeoutMs: integerOption('connectTimeoutMs', options.connectTimeoutMs, 500, 1),
  }
  if (settings.requestTimeoutMs < 2 * settings.lingerMs)
    throw invalidOption('requestTimeoutMs must be at least 2 × lingerMs')
  return settings
}

/** The names of `HandlingOptions`, for checks that refuse any other. */
export const HANDLING_OPTIONS: readonly (keyof HandlingOptions)[] = [
  'group',
  'topics',
  'concurrency',
  'maxBatchSize',
  'lingerMs',
  'ordering',
  'handlerTimeoutMs',
  'submitRetries',
  'stopTimeoutMs',
  'logger',
  'metrics',
]

function groupOption(group: string): string {
  if (typeof group !== 'string' || !/^[%|a-zA-Z0-9_-]+$/.test(group))
    throw invalidOption('group must be a name of letters, digits, "_", "-", "%" and "|"')
  return group
}

function topicsOption(topics: readonly string[] | undefined): readonly string[] | undefined {
  if (topics === undefined) return undefined
  if (topics.length === 0 || topics.some(topic => topic.trim() === ''))
    throw invalidOption('topics must be absent or list non-empty names')
  return [...new Set(topics)]
}

function orderingOption(ordering: Ordering = 'queue'): Ordering {
  if (ordering !== 'queue' && ordering !== 'none') throw invalidOption('ordering must be "queue" or "none"')
  return ordering
}
