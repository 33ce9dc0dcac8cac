import { missingPrograms, zookeeperMissing } from '@ddmq/testkit'
import { loadNativeClient } from '../../../src/registry/zookeeper/native-client.ts'

/** Why nothing can be tested against a real ZooKeeper here. A client that could be compiled but is not there fails the run. */
export function zookeeperUntestable(): string | undefined {
  const noServer = zookeeperMissing()
  try {
    loadNativeClient()
    return noServer
  } catch (thrown) {
    const noCompiler = missingPrograms('make', 'g++', 'python3')
    if (noCompiler === undefined) throw thrown
    return [noServer, `${noCompiler} to compile the client`].filter(part => part !== undefined).join(', ')
  }
}

/** What follows the title of a suite that is skipped. */
export function needs(reason: string | undefined): string {
  return reason === undefined ? '' : ` (needs ZooKeeper 3.9: ${reason})`
}
