import { z } from 'zod'

const MIB = 1024 * 1024
const positive = z.int().positive()

const limitsSchema = z
  .strictObject({
    maxFrameBytes: positive.default(5_000_000).describe('A longer request closes its connection.'),
    maxReadBufferBytes: positive
      .default(64 * MIB)
      .describe(
        'Bytes of requests received and not yet answered, over all connections; beyond it reading waits.',
      ),
    maxConnections: positive.default(10_000).describe('Further connections are closed at once.'),
    idleTimeoutMs: positive
      .default(600_000)
      .describe(
        'A connection without a request for so long is closed; keep it above the idle time of client pools.',
      ),
    frameProgressTimeoutMs: positive
      .default(30_000)
      .describe('A request that receives no byte for so long closes its connection.'),
    maxInFlightPerConnection: positive
      .default(64)
      .describe('Requests of one connection under way at a time; further ones are read later.'),
  })
  .prefault({})

/** Configuration of the producer proxy. What is shared by proxies stands in the config tree instead (producer-proxy.md §16). */
export const producerProxyConfigSchema = z.strictObject({
  host: z.string().min(1).default('127.0.0.1').describe('Address to listen on.'),
  port: z
    .int()
    .min(0)
    .max(65_535)
    .default(9613)
    .describe('Port to listen on; wins over the port in the config tree. Part of the name of this instance.'),
  advertisedHost: z
    .string()
    .min(1)
    .optional()
    .describe('Address by which clients and the config tree know this proxy; absent: `host`.'),
  engineWaitMs: positive
    .max(600_000)
    .default(10_000)
    .describe(
      'Longest wait for the storage where the caller gives no timeout: sendAsync, batches, timeout 0.',
    ),
  maxTopicSeries: positive
    .default(1_000)
    .describe('Topics with metrics of their own; further ones are counted together as `other`.'),
  limits: limitsSchema.describe('Limits of the Thrift server.'),
})

export type ProducerProxyConfig = Readonly<z.infer<typeof producerProxyConfigSchema>>
