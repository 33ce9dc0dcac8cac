import { ZooKeeperRegistry } from '@ddmq/common/registry/zookeeper'
import { testLogger } from '@ddmq/testkit'
import { settingsFor } from './fixture.ts'

// Follows the topic t1 and says each rate that it is given, until it is killed.
const [connect = '', cacheDir] = process.argv.slice(2)
const settings = settingsFor(connect, {
  sessionTimeoutMs: 1_500,
  ...(cacheDir === undefined ? {} : { cacheDir }),
})
const registry = new ZooKeeperRegistry({ settings, log: testLogger().log })
await registry.start()
await registry.watch('topic', 't1', current => {
  process.stdout.write(`rate ${current?.value.topicUnits[0]?.maxTps ?? 'absent'}\n`)
})
process.stdout.write('following\n')
