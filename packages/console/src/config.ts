import { isIP } from 'node:net'
import { z } from 'zod'

const address = z.string().regex(/^(\[[0-9a-fA-F:.]+\]|[^\s:[\]]+):\d{1,5}$/, 'must be host:port')
const hostAndPort = z
  .string()
  .regex(/^(\[[0-9a-fA-F:.]+\]|[^\s:[\]]+)(:\d{1,5})?$/, 'must be host or host:port')
const name = z.string().regex(/^[0-9A-Za-z_-]{1,128}$/, 'must be 1 to 128 of a-z, A-Z, 0-9, _ and -')

const sqliteSchema = z.strictObject({
  file: z.string().min(1).describe('SQLite file; created when it is missing.'),
})

const mysqlSchema = z
  .strictObject({
    hosts: z
      .array(hostAndPort)
      .min(1)
      .describe(
        'host or host:port (3306) of the servers of one database; the first that takes writes is used.',
      ),
    user: z.string().min(1).describe('Account of the console.'),
    password: z.string().default('').describe('Password of the account.'),
    database: z.string().min(1).max(64).describe('Name of the database (schema); it must exist.'),
    tls: z
      .strictObject({
        caFile: z.string().min(1).optional().describe('PEM file of the authorities; absent: those of Node.'),
        certFile: z.string().min(1).optional().describe('PEM file of the certificate of this client.'),
        keyFile: z.string().min(1).optional().describe('PEM file of the key of that certificate.'),
        serverName: z
          .string()
          .min(1)
          .optional()
          .describe('Name that the certificates of the servers carry; absent: the host of each.'),
        verify: z.boolean().default(true).describe('Check the certificate and the host name of the server.'),
      })
      .optional()
      .describe('Encrypt connections; absent: they are not.'),
    poolSize: z.int().min(4).max(200).default(10).describe('Greatest number of connections of this console.'),
    connectTimeoutMs: z.int().min(100).default(3000).describe('Time for one connection to be made.'),
    queryTimeoutMs: z.int().min(2000).default(15_000).describe('Time for one statement to be answered.'),
    waitMs: z
      .int()
      .min(0)
      .default(5000)
      .describe('Time a request waits for a connection, also while no server answers.'),
  })
  .superRefine(({ hosts, tls }, context) => {
    if (tls?.verify !== true || tls.serverName !== undefined) return
    if (!hosts.some(host => isIP(host.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1')) !== 0)) return
    const message = 'is required to check the certificate of a server that is named by its address'
    context.addIssue({ code: 'custom', path: ['tls', 'serverName'], message })
  })
export type MySqlConfig = Readonly<z.infer<typeof mysqlSchema>>

const databaseSchema = z
  .strictObject({
    sqlite: sqliteSchema.optional().describe('A file, for one console.'),
    mysql: mysqlSchema.optional().describe('MySQL or MariaDB, for one or more consoles.'),
  })
  .refine(({ sqlite, mysql }) => (sqlite === undefined) !== (mysql === undefined), {
    error: 'must hold either `sqlite` or `mysql`',
  })

export const consoleConfigSchema = z.strictObject({
  host: z.string().min(1).default('127.0.0.1').describe('Address to listen on.'),
  port: z.int().min(0).max(65_535).default(8080).describe('Port to listen on; 0 takes a free one.'),
  database: databaseSchema.describe('Where all metadata is kept: `sqlite` or `mysql`.'),
  publication: z
    .strictObject({
      reconcileMs: z
        .int()
        .min(1000)
        .default(60_000)
        .describe('Time between two comparisons of the whole config tree with the database.'),
      waitMs: z
        .int()
        .min(0)
        .default(5000)
        .describe('Time a change waits until it is published; then it is answered as saved only.'),
    })
    .prefault({})
    .describe('How the database reaches the config tree.'),
  seed: z
    .strictObject({
      brokerCluster: name
        .default('R_default')
        .describe('Broker cluster that topics go to when nobody says which.'),
      engine: z
        .enum(['embedded', 'kafka'])
        .default('embedded')
        .describe('What that broker cluster is: the embedded log of this process, or Kafka.'),
      bootstrapServers: z
        .array(address)
        .default([])
        .describe('host:port of its brokers, where it is Kafka; a row that exists is not changed.'),
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
  chronos: z
    .array(z.url({ protocol: /^https?$/, error: 'must be http://host:port' }))
    .default([])
    .describe('Base URLs of the admin ports of all instances of the delay service, for its statistics.'),
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
