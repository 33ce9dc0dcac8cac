import { randomUUID } from 'node:crypto'
import { MetricsRegistry } from '@ddmq/common/metrics'
import {
  ZooKeeperRegistry,
  type ZooKeeperSettings,
  zookeeperSettingsSchema,
} from '@ddmq/common/registry/zookeeper'
import { type TestLogger, testLogger } from '@ddmq/testkit'
import { below, parseConnectString } from '../../../src/registry/zookeeper/connect-string.ts'
import { ZooKeeperConnection } from '../../../src/registry/zookeeper/connection.ts'
import { ZooKeeperTree } from '../../../src/registry/zookeeper/tree.ts'

/** Settings with short times, for a tree of the test's own unless the address names one. */
export function settingsFor(
  servers: string,
  given: Readonly<Record<string, unknown>> = {},
): ZooKeeperSettings {
  const connect = servers.includes('/') ? servers : `${servers}/${randomUUID()}`
  return zookeeperSettingsSchema.parse({ connect, sessionTimeoutMs: 4_000, ...given })
}

export interface OpenRegistry extends AsyncDisposable {
  readonly registry: ZooKeeperRegistry
  readonly metrics: MetricsRegistry
  readonly logger: TestLogger
}

/** A started registry, stopped at the end. */
export async function openRegistry(settings: ZooKeeperSettings): Promise<OpenRegistry> {
  const metrics = new MetricsRegistry()
  const logger = testLogger()
  const registry = new ZooKeeperRegistry({ settings, log: logger.log, metrics })
  await registry.start()
  return { registry, metrics, logger, [Symbol.asyncDispose]: () => registry.stop() }
}

export interface RawNodes extends AsyncDisposable {
  /** Paths are those of the original, below `/carrera/v4/config`. */
  writeRaw(path: string, text: string): Promise<void>
  readRaw(path: string): Promise<string | undefined>
  removeRaw(path: string): Promise<void>
}

/** Another client, past all checks of documents. */
export function rawNodes(settings: ZooKeeperSettings): RawNodes {
  const connection = new ZooKeeperConnection({ settings, log: testLogger().log })
  const { root } = parseConnectString(settings.connect)
  const tree = new ZooKeeperTree({ connection, acl: 'open', maxNodeBytes: 2_000_000 })
  connection.open()
  return {
    async writeRaw(path, text) {
      await tree.write(below(root, path), Buffer.from(text))
    },
    async readRaw(path) {
      const node = await tree.read(below(root, path))
      return node?.data.toString()
    },
    removeRaw: path => tree.remove(below(root, path)),
    [Symbol.asyncDispose]: () => connection.close(),
  }
}
