import { z } from 'zod'

const address = z.string().regex(/^(\[[0-9a-fA-F:.]+\]|[^\s:[\]]+):\d{1,5}$/, 'must be host:port')
const name = z.string().regex(/^[0-9A-Za-z_-]{1,128}$/, 'must be 1 to 128 of a-z, A-Z, 0-9, _ and -')

export const consoleConfigSchema = z.strictObject({
  host: z.string().min(1).default('127.0.0.1').describe('Address to listen on.'),
  port: z.int().min(0).max(65_535).default(8080).describe('Port to listen on; 0 takes a free one.'),
  databaseFile: z.string().min(1).describe('SQLite file with all metadata; created when it is missing.'),
  seed: z
    .strictObject({
      brokerCluster: name.default('R_default').describe('Broker cluster of the embedded log.'),
      cluster: name.default('ddmq').describe('Cluster that owns the proxies and the topics.'),
      idc: name.default('default').describe('Data centre of the cluster.'),
      producerProxies: z
        .array(address)
        .default(['127.0.0.1:9613'])
        .describe('host:port of every producer proxy, as each names itself; followed at every start.'),
      consumerProxies: z
        .array(address)
        .default(['127.0.0.1:9713'])
        .describe('host:port of every consumer proxy, as each names itself; followed at every start.'),
    })
    .prefault({})
    .describe('What a new database begins with.'),
  operatorToken: z
    .string()
    .min(16)
    .optional()
    .describe('API token of the operator; absent: a random one for this run.'),
  administrators: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(128).describe('Name to sign in with.'),
        password: z.string().min(8).describe('Set at every start.'),
      }),
    )
    .default([])
    .describe('Accounts; when there are none and none are stored, `admin` is made with a random password.'),
  sessionHours: z
    .number()
    .positive()
    .max(720)
    .default(12)
    .describe('Hours until a session must sign in again.'),
  secureCookies: z.boolean().default(false).describe('Mark cookies Secure; for a console behind TLS.'),
  maxBodyBytes: z.int().positive().default(1_048_576).describe('Larger request bodies are refused.'),
})

export type ConsoleConfig = Readonly<z.infer<typeof consoleConfigSchema>>
