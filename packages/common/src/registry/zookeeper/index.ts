export { openZooKeeperTree } from './open-tree.ts'
export { type ZooKeeperSettings, zookeeperSettingsSchema } from './settings.ts'
export { ZooKeeperRegistry, type ZooKeeperRegistryOptions } from './zookeeper-registry.ts'
