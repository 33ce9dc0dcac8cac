import type { PProxyConfig } from './schema/index.ts'

/** The rules of a producer proxy document beyond its shape (common-monitor-deploy.md §4.3); each problem names its field. */
export function validatePProxy(config: PProxyConfig): readonly string[] {
  const { carreraConfiguration: carrera, brokerClusters } = config
  const rocketmq = Object.keys(carrera.rocketmqConfigurationMap ?? {})
  const kafka = Object.keys(carrera.kafkaConfigurationMap ?? {})
  const embedded = Object.keys(carrera.embeddedConfigurationMap ?? {})
  const problems = [
    ...unlisted('rocketmqConfigurationMap', rocketmq, brokerClusters),
    ...unlisted('kafkaConfigurationMap', kafka, brokerClusters),
    ...unlisted('embeddedConfigurationMap', embedded, brokerClusters),
    ...(carrera.useRocketmq ? engineProblems('rocketmq', carrera.rocketmqProducers, rocketmq) : []),
    ...(carrera.useKafka ? engineProblems('kafka', carrera.kafkaProducers, kafka) : []),
  ]
  if (!carrera.useRocketmq && !carrera.useKafka && embedded.length === 0) {
    problems.push('one of useRocketmq, useKafka must be true, or embeddedConfigurationMap not empty')
  }
  if (carrera.useAutoBatch && carrera.autoBatch === undefined) {
    problems.push('autoBatch must be present when useAutoBatch is true')
  }
  return problems.map(problem => `carreraConfiguration.${problem}`)
}

function unlisted(field: string, clusters: readonly string[], brokerClusters: readonly string[]): string[] {
  return clusters
    .filter(cluster => !brokerClusters.includes(cluster))
    .map(cluster => `${field} names ${cluster}, which is not in brokerClusters`)
}

function engineProblems(engine: string, producers: number, clusters: readonly string[]): string[] {
  const problems: string[] = []
  if (producers <= 0) problems.push(`${engine}Producers must be greater than 0`)
  if (clusters.length === 0) problems.push(`${engine}ConfigurationMap must not be empty`)
  return problems
}
