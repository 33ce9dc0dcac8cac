import type { Logger } from '../../log/index.ts'
import { RegistryUnavailableError } from '../errors.ts'
import type { RawTree } from '../transfer/raw-tree.ts'
import { below } from './connect-string.ts'
import { ZooKeeperConnection } from './connection.ts'
import type { ZooKeeperSettings } from './settings.ts'
import { ZooKeeperTree } from './tree.ts'

/** The nodes of a config tree in ZooKeeper, for export and import. Throws `REGISTRY_UNAVAILABLE` with address and reason. */
export async function openZooKeeperTree(
  settings: ZooKeeperSettings,
  log: Logger,
): Promise<RawTree & AsyncDisposable> {
  const connection = new ZooKeeperConnection({ settings, log })
  connection.open()
  if (!(await connection.firstAttempt())) {
    const message = connection.describeAway()
    await connection.close()
    throw new RegistryUnavailableError(message)
  }
  const { root } = connection.target
  const tree = new ZooKeeperTree({ connection, acl: settings.acl, maxNodeBytes: settings.maxNodeBytes })
  return {
    children: path => tree.children(below(root, path)),
    async read(path) {
      return (await tree.read(below(root, path)))?.data
    },
    async write(path, data) {
      await tree.write(below(root, path), Buffer.from(data))
    },
    [Symbol.asyncDispose]: () => connection.close(),
  }
}
