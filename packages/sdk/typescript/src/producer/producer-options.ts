import type { EndpointAddress } from '../core/endpoint-address.ts'
import { type Logger, silentLogger } from '../logger.ts'
import type { Metrics } from '../metrics.ts'
import { endpointsOption, integerOption, invalidOption, refuseUnknownOptions } from '../option-check.ts'

/** Defaults stand in brackets; every time is in milliseconds. */
export interface ProducerOptions {
  /** Producer proxies: `host:port`, `1.2.3.4:port`, `[::1]:port`. */
  readonly endpoints: readonly string[]
  /** What the proxy may use to store one message (200). */
  readonly proxyTimeoutMs?: number
  /** How long one attempt waits for its reply (1000); at least twice `proxyTimeoutMs`. */
  readonly requestTimeoutMs?: number
  /** (500) */
  readonly connectTimeoutMs?: number
  /** Upper bound of one send, all attempts and waits included (3000). */
  readonly deadlineMs?: number
  /** Attempts after the first (2). 15 "rate limited" is retried until the deadline, unless this is 0. */
  readonly maxRetries?: number
  /** Pause before the first repeated attempt (20); doubles up to `backoffMaxMs` (500), with jitter. */
  readonly backoffMs?: number
  readonly backoffMaxMs?: number
  /** (16) */
  readonly maxConnectionsPerEndpoint?: number
  /** An unused connection is closed after this (240000). */
  readonly idleTimeoutMs?: number
  /** Send again when it is unknown whether an attempt was stored (true); the result then says `maybeDuplicate`. */
  readonly retryUnknown?: boolean
  readonly logger?: Logger
  readonly metrics?: Metrics
}

/** The options with every default filled in. */
export type ProducerSettings = Required<Omit<ProducerOptions, 'endpoints' | 'metrics'>> & {
  readonly endpoints: readonly EndpointAddress[]
  readonly metrics: Metrics | undefined
}

/** Throws `DdmqClientError` (102) naming the first option that is wrong. */
export function toProducerSettings(options: ProducerOptions): ProducerSettings {
  refuseUnknownOptions(options, OPTION_NAMES)
  const settings = {
    endpoints: endpointsOption(options.endpoints),
    proxyTimeoutMs: integerOption('proxyTimeoutMs', options.proxyTimeoutMs, 200, 1),
    requestTimeoutMs: integerOption('requestTimeoutMs', options.requestTimeoutMs, 1000, 1),
    connectTimeoutMs: integerOption('connectTimeoutMs', options.connectTimeoutMs, 500, 1),
    deadlineMs: integerOption('deadlineMs', options.deadlineMs, 3000, 1),
    maxRetries: integerOption('maxRetries', options.maxRetries, 2, 0),
    backoffMs: integerOption('backoffMs', options.backoffMs, 20, 0),
    backoffMaxMs: integerOption('backoffMaxMs', options.backoffMaxMs, 500, 0),
    maxConnectionsPerEndpoint: integerOption(
      'maxConnectionsPerEndpoint',
      options.maxConnectionsPerEndpoint,
      16,
      1,
    ),
    idleTimeoutMs: integerOption('idleTimeoutMs', options.idleTimeoutMs, 240_000, 1),
    retryUnknown: options.retryUnknown ?? true,
    logger: options.logger ?? silentLogger,
    metrics: options.metrics,
  }
  if (settings.requestTimeoutMs < 2 * settings.proxyTimeoutMs)
    throw invalidOption('requestTimeoutMs must be at least 2 × proxyTimeoutMs')
  if (settings.backoffMaxMs < settings.backoffMs)
    throw invalidOption('backoffMaxMs must be at least backoffMs')
  return settings
}

const OPTION_NAMES: readonly (keyof ProducerOptions)[] = [
  'endpoints',
  'proxyTimeoutMs',
  'requestTimeoutMs',
  'connectTimeoutMs',
  'deadlineMs',
  'maxRetries',
  'backoffMs',
  'backoffMaxMs',
  'maxConnectionsPerEndpoint',
  'idleTimeoutMs',
  'retryUnknown',
  'logger',
  'metrics',
]
