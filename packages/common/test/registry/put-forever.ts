import { EmbeddedRegistry } from '@ddmq/common/registry'
import { groupDocument } from '@ddmq/common/registry/conformance'
import { testLogger } from '@ddmq/testkit'

// Writes one node again and again, with ever more content, and says each version that was acknowledged.
const [dir = ''] = process.argv.slice(2)
const registry = new EmbeddedRegistry({ dir, log: testLogger().log })
await registry.start()
for (let round = 1; round <= 100_000; round++) {
  const alarmGroup = Array.from({ length: 20_000 }, () => `receiver-${round}`)
  const version = await registry.put('group', 'cg_killed', { ...groupDocument('cg_killed'), alarmGroup })
  process.stdout.write(`acknowledged ${version} ${round}\n`)
}
