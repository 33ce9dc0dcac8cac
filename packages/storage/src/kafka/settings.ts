import { z } from 'zod'

const positive = z.int().positive()
const text = z.string().min(1)
/** `host:port`; an IPv6 address stands in brackets. */
const ADDRESS = /^(?:\[[0-9a-fA-F:.]+\]|[^\s:[\],]+):\d{1,5}$/

const bootstrapServers = z
  .array(z.string())
  .or(z.string().transform(list => list.split(',').map(part => part.trim())))
  .pipe(z.array(z.string().regex(ADDRESS, 'expected host:port')).min(1, 'expected at least one host:port'))

const saslSchema = z.discriminatedUnion('mechanism', [
  z.strictObject({
    mechanism: z
      .enum(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'])
      .describe('How the user is proved to the broker. PLAIN sends the password as it is: only over TLS.'),
    username: text.describe('User of the cluster.'),
    password: text.describe('Password of that user.'),
  }),
  z
    .strictObject({
      mechanism: z.literal('OAUTHBEARER').describe('OAUTHBEARER shows a token instead.'),
      token: text.optional().describe('The token itself; where it is renewed, `tokenFile`.'),
      tokenFile: text
        .optional()
        .describe('File that holds the token; read anew for every connection, so that it can be renewed.'),
      extensions: z
        .record(z.string(), z.string())
        .optional()
        .describe('Further facts sent with the token, by name.'),
    })
    .refine(
      ({ token, tokenFile }) => (token === undefined) !== (tokenFile === undefined),
      'expected either token or tokenFile',
    ),
])

const tlsSchema = z
  .strictObject({
    caFile: text
      .optional()
      .describe('Certificates (PEM) that may sign the broker’s; absent: those of the system.'),
    certFile: text.optional().describe('Certificate (PEM) by which the broker knows this client.'),
    keyFile: text.optional().describe('Private key (PEM) of that certificate.'),
    keyPassphrase: text.optional().describe('Passphrase of the key.'),
    rejectUnauthorized: z
      .boolean()
      .default(true)
      .describe('Refuse a broker whose certificate cannot be verified. Switch off in tests only.'),
    servername: text
      .optional()
      .describe('Name expected in the certificate of every broker; absent: its host name.'),
  })
  .refine(
    ({ certFile, keyFile }) => (certFile === undefined) === (keyFile === undefined),
    'expected certFile and keyFile together',
  )

const topicSchema = z
  .strictObject({
    replicationFactor: positive
      .max(32_767)
      .optional()
      .describe('Replicas of a topic created by DDMQ; absent: the default of the cluster.'),
    minInsyncReplicas: positive
      .optional()
      .describe(
        'Replicas that must have a record before it is acknowledged; absent: the default of the cluster.',
      ),
    maxMessageBytes: positive
      .default(5_767_168)
      .describe('Largest batch of a topic created by DDMQ; must leave room for the largest message (5 MiB).'),
    tombstoneRetentionMs: positive
      .default(86_400_000)
      .describe('How long a compacted topic created by DDMQ keeps a tombstone.'),
  })
  .prefault({})

const requirementsSchema = z
  .strictObject({
    clusterId: text
      .optional()
      .describe('Id that the cluster must have; another is refused, so that an address cannot lead astray.'),
    replicationFactor: positive
      .optional()
      .describe(
        'Every topic that is written must have so many replicas. One with fewer is refused; one that is in use already is warned of.',
      ),
    minInsyncReplicas: positive.optional().describe('Likewise for `min.insync.replicas`.'),
  })
  .prefault({})

/** How to reach and use one Kafka cluster. */
export const kafkaSettingsSchema = z.strictObject({
  bootstrapServers: bootstrapServers.describe(
    'Brokers to ask for the others, `host:port` as a list or separated by commas. Name several.',
  ),
  clientId: text
    .max(200)
    .default('ddmq')
    .describe('Name of this client in the logs, quotas and metrics of the brokers.'),
  sasl: saslSchema.optional().describe('Authentication; absent: none.'),
  tls: tlsSchema
    .optional()
    .describe('Encryption; absent: none. `{}` for certificates of well-known authorities.'),
  rack: text
    .optional()
    .describe('Where this process stands; brokers then let it read from a replica nearby.'),
  groupInstanceId: text
    .max(200)
    .optional()
    .describe(
      'Name of this process for static membership, different for each: a restart within the session timeout moves no partition.',
    ),
  sessionTimeoutMs: positive
    .min(1_000)
    .default(10_000)
    .describe(
      'A member of a group that hears nothing of its coordinator for so long loses its partitions. The brokers bound it (6 s to 30 min by default).',
    ),
  drainMs: positive
    .default(30_000)
    .describe('A member may finish what it has in flight for so long when a partition is taken from it.'),
  compression: z
    .enum(['none', 'gzip', 'snappy', 'lz4', 'zstd'])
    .default('none')
    .describe('How batches of records are compressed.'),
  connectTimeoutMs: positive
    .default(5_000)
    .describe('Longest wait for a connection, with TLS and authentication.'),
  requestTimeoutMs: positive
    .min(1_000)
    .default(10_000)
    .describe('A broker that has not answered a request for so long is asked anew, on another connection.'),
  retryBudgetMs: positive
    .min(60_000)
    .default(120_000)
    .describe('How long a record is tried to be stored where its caller gives more time than that.'),
  metadataRefreshMs: positive
    .min(100)
    .default(5_000)
    .describe(
      'How often leaders, partitions and new topics are asked for, besides whenever a request fails.',
    ),
  topicDefaults: topicSchema.describe('Of topics that DDMQ creates. Topics that exist are never altered.'),
  require: requirementsSchema.describe('What is checked when the cluster is reached.'),
})

export type KafkaSettings = Readonly<z.infer<typeof kafkaSettingsSchema>>
