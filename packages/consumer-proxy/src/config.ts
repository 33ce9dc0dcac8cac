import { z } from 'zod'

const milliseconds = z.int().nonnegative()
const bytes = z.int().positive()
const MIB = 1024 * 1024

/** Settings of one consumer proxy; what it consumes stands in the config tree. */
export const consumerProxyConfigSchema = z.strictObject({
  host: z.string().min(1).default('127.0.0.1').describe('Address the Thrift server listens on.'),
  port: z.int().min(1).max(65_535).default(9713).describe('Port the Thrift server listens on.'),
  advertisedHost: z
    .string()
    .min(1)
    .optional()
    .describe('Host in the name of the own node `/cproxy/<host>:<port>`; the listening host when absent.'),
  limits: z
    .strictObject({
      maxFrameBytes: bytes.default(5_000_000).describe('A longer request closes its connection.'),
      maxReadBufferBytes: bytes
        .default(16 * MIB)
        .describe('Bytes of unfinished requests over all connections; beyond it reading waits.'),
      maxConnections: z.int().positive().default(10_000).describe('Further connections are closed at once.'),
      idleTimeoutMs: z
        .int()
        .positive()
        .default(600_000)
        .describe('A connection without a request for so long is closed.'),
      frameProgressTimeoutMs: z
        .int()
        .positive()
        .default(30_000)
        .describe('A request that receives no byte for so long closes its connection.'),
    })
    .prefault({})
    .describe('Limits of the Thrift server.'),
  pull: z
    .strictObject({
      maxLingerMs: milliseconds.default(30_000).describe('Longer lingers of clients are shortened to this.'),
      maxParkedPulls: z
        .int()
        .positive()
        .default(1000)
        .describe('Parked pulls per group and requested topic; beyond that an empty answer is sent at once.'),
    })
    .prefault({})
    .describe('What pull clients may ask for.'),
  fetch: z
    .strictObject({
      maxBytes: bytes.default(MIB).describe('Bytes of one read over all partitions of a group.'),
      maxWaitMs: milliseconds.default(5000).describe('How long one read waits for messages.'),
    })
    .prefault({})
    .describe('How the log is read.'),
  commitIntervalMs: z.int().positive().default(1000).describe('How often positions are stored.'),
  drainMs: milliseconds
    .default(3000)
    .describe('How long a partition that is handed over waits for messages under way.'),
  lazyIdleMs: z
    .int()
    .positive()
    .default(60_000)
    .describe('A group that is only pulled gives its partitions back after this long without a pull.'),
  push: z
    .strictObject({
      allowedCallbackHosts: z
        .array(z.string().min(1))
        .default([])
        .describe('Hosts that a message may name as its own callback.'),
      maxInFlightPerEndpoint: z
        .int()
        .positive()
        .default(1024)
        .describe('Requests under way per origin and group.'),
    })
    .prefault({})
    .describe('HTTP push.'),
})

export type ConsumerProxyConfig = Readonly<z.infer<typeof consumerProxyConfigSchema>>
