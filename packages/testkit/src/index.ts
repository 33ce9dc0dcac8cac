export { eventually } from './eventually.ts'
export { FakeClock } from './fake-clock.ts'
export { faultRounds } from './fault-rounds.ts'
export { freePort } from './free-port.ts'
export { cacheDir } from './servers/cache-dir.ts'
export { onceCached } from './servers/once-cached.ts'
export { missingPrograms } from './servers/requirement.ts'
export { serverPort, serverPorts } from './servers/server-port.ts'
export { type ServerCommand, ServerProcess } from './servers/server-process.ts'
export {
  startZooKeeper,
  type ZooKeeperEnsemble,
  type ZooKeeperNode,
  type ZooKeeperOptions,
  zookeeperMissing,
} from './servers/zookeeper.ts'
export { type ExitStatus, NodeProcess, type SpawnOptions, spawnNode } from './spawn-node.ts'
export { tempDir } from './temp-dir.ts'
export { type LogLine, type TestLogger, testLogger } from './test-logger.ts'
