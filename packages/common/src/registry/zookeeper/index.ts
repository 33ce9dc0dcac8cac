export { ZooKeeperClientMissingError } from './errors.ts'
export { type ZooKeeperSettings, zookeeperSettingsSchema } from './settings.ts'
export { ZooKeeperRegistry, type ZooKeeperRegistryOptions } from './zookeeper-registry.ts'
