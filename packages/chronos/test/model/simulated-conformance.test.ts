import { systemClock } from '@ddmq/common/clock'
import { describeLogCluster } from '@ddmq/storage/conformance'
import { SeededRandom } from './seeded-random.ts'
import { SimulatedBrokers } from './simulated-brokers.ts'
import { SimulatedCluster } from './simulated-cluster.ts'
import { SimulatedProcess } from './simulated-process.ts'

const brokers = new SimulatedBrokers({
  clock: systemClock,
  random: new SeededRandom(1),
  latencyMs: () => 0,
  sessionTimeoutMs: 6_000,
  drainMs: 5_000,
  transactionTimeoutMs: 60_000,
  hasTransactions: true,
})

const connect = (): SimulatedCluster =>
  new SimulatedCluster('simulated', brokers, new SimulatedProcess('conformance', systemClock))

describeLogCluster({
  name: 'simulated',
  capabilities: {
    transactions: true,
    compaction: true,
    commitMetadata: true,
    offsetByTime: true,
    addPartitions: true,
  },
  open: async () => connect(),
  reopen: async () => connect(),
  crash: async () => connect(),
  close: async () => undefined,
})
