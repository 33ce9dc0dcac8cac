export { eventually } from './eventually.ts'
export { FakeClock } from './fake-clock.ts'
export { type Direction, FaultProxy } from './fault-proxy.ts'
export { faultRounds } from './fault-rounds.ts'
export { freePort } from './free-port.ts'
export { freezeProcess } from './freeze-process.ts'
export { cacheDir } from './servers/cache-dir.ts'
export { type Certificates, makeCertificates } from './servers/certificates.ts'
export type { KafkaListeners, KafkaPorts, KafkaVersion } from './servers/kafka-layout.ts'
export { type KafkaOptions, KafkaServers, kafkaMissing, startKafka } from './servers/kafka-servers.ts'
export { kafkaTool } from './servers/kafka-tool.ts'
export { type MariaDb, type MariaDbOptions, startMariaDb } from './servers/mariadb.ts'
export { mariaDbMissing } from './servers/mariadb-programs.ts'
export { onceCached } from './servers/once-cached.ts'
export {
  isRecordedRunning,
  isRecordFile,
  type ProcessRecord,
  readProcessRecord,
  recordFile,
  stopRecorded,
} from './servers/process-record.ts'
export { missingPrograms } from './servers/requirement.ts'
export { isPortFree, serverPort, serverPorts } from './servers/server-port.ts'
export { type ServerCommand, ServerProcess } from './servers/server-process.ts'
export {
  startZooKeeper,
  type ZooKeeperEnsemble,
  type ZooKeeperNode,
  type ZooKeeperOptions,
  zookeeperMissing,
} from './servers/zookeeper.ts'
export { type SettingsSchema, settingsRows } from './settings-rows.ts'
export { type ExitStatus, NodeProcess, type SpawnOptions, spawnNode } from './spawn-node.ts'
export { tempDir } from './temp-dir.ts'
export { type LogLine, type TestLogger, testLogger } from './test-logger.ts'
