import type { CProxyConfig } from './schema/index.ts'

/** The rule of a consumer proxy document beyond its shape (common-monitor-deploy.md §4.4). */
export function validateCProxy(config: CProxyConfig): readonly string[] {
  const engines = [config.kafkaConfigs, config.rocketmqConfigs, config.embeddedConfigs]
  return engines.every(engine => engine === undefined)
    ? ['one of kafkaConfigs, rocketmqConfigs, embeddedConfigs must be present']
    : []
}
