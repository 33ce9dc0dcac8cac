import { z } from 'zod'
import { durationMs } from '../../config/index.ts'
import { describeError } from '../../errors/index.ts'
import { parseConnectString } from './connect-string.ts'

/** A server drops the connection on a request above `jute.maxbuffer`, 1,048,575 bytes by default. */
const DEFAULT_MAX_NODE_BYTES = 1_000_000

const connectSchema = z.string().superRefine((address, context) => {
  try {
    parseConnectString(address)
  } catch (thrown) {
    context.addIssue({ code: 'custom', message: describeError(thrown) })
  }
})

/** Where the config tree is and how it is reached. The reference is docs/reference/zookeeper.md. */
export const zookeeperSettingsSchema = z
  .strictObject({
    /** `host:port,host:port/chroot`; `/carrera/v4/config` is appended unless it is in there. */
    connect: connectSchema,
    /** Digest authentication. */
    auth: z
      .strictObject({ user: z.string().regex(/^[^:]+$/, 'without a colon'), password: z.string().min(1) })
      .optional(),
    /** Who may use the nodes that are created: everybody, or only the user of `auth`. */
    acl: z.enum(['open', 'creator']).default('open'),
    sessionTimeoutMs: durationMs().pipe(z.int().min(1_000).max(300_000)).default(30_000),
    /** Time for one call, waiting for a connection included. */
    operationTimeoutMs: durationMs().pipe(z.int().min(100).max(300_000)).default(10_000),
    /** How long a start without documents to fall back on waits for ZooKeeper. */
    startTimeoutMs: durationMs().pipe(z.int().min(0).max(86_400_000)).default(30_000),
    /** Folder of the last-good cache. Absent: nothing is kept, and a start needs ZooKeeper. */
    cacheDir: z.string().min(1).optional(),
    /** Greatest document; more than the default needs a greater `jute.maxbuffer` on every server and client. */
    maxNodeBytes: z.int().min(1_000).max(64_000_000).default(DEFAULT_MAX_NODE_BYTES),
    /** Present: every connection is TLS, to the `secureClientPort` of the servers. Files are PEM, read at each connect. */
    tls: z
      .strictObject({
        /** Who vouches for the servers. Absent: whom Node trusts. */
        ca: z.string().min(1).optional(),
        /** Our own certificate, for servers that ask for one, and its key. */
        cert: z.string().min(1).optional(),
        key: z.string().min(1).optional(),
        keyPassphrase: z.string().optional(),
        /** Name in the servers' certificate where it is not that of the address. */
        serverName: z.string().min(1).optional(),
      })
      .optional(),
  })
  .superRefine(({ acl, auth }, context) => {
    if (acl === 'creator' && auth === undefined) {
      context.addIssue({
        code: 'custom',
        path: ['acl'],
        message: 'creator needs auth.user and auth.password',
      })
    }
  })

export type ZooKeeperSettings = z.infer<typeof zookeeperSettingsSchema>
