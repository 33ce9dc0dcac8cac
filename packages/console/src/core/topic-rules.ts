import { innerTopicPrefixes } from './delay-table.ts'
import type { Inventory, NewTopic, NewTopicConf } from './model.ts'
import type { Problem } from './problem.ts'

/**
 * console.md §5.1; stricter than the log's own rule, so every accepted name is one the log takes. Names of dead-letter
 * topics have a dot, which no topic created here may have.
 */
function topicNameProblems(name: string, reserved: readonly string[]): readonly Problem[] {
  const field = 'topicName'
  if (!/^[0-9a-zA-Z_-]{3,128}$/.test(name)) {
    return [{ field, message: 'must be 3 to 128 of a-z, A-Z, 0-9, _ and -' }]
  }
  const prefix = reserved.find(candidate => name.startsWith(candidate))
  return prefix === undefined ? [] : [{ field, message: `names beginning with ${prefix} are reserved` }]
}

export function topicProblems(inventory: Inventory, topic: NewTopic): readonly Problem[] {
  const problems = [...topicNameProblems(topic.name, innerTopicPrefixes(inventory))]
  if (topic.schemaChecked) {
    problems.push({
      field: 'enableSchemaVerify',
      message: 'checking messages against a schema is not available; send 1',
    })
  }
  return problems
}

/** What the units of one topic must differ in: the original's rule, or ours, which lets a cluster have several. */
export type Placing = 'oncePerCluster' | 'oncePerBrokerCluster'

/** Rules over the units of one topic (console.md §5.1). */
export function topicConfProblems(
  inventory: Inventory,
  confs: readonly NewTopicConf[],
  placing: Placing,
): readonly Problem[] {
  const problems: Problem[] = []
  confs.forEach((conf, index) => {
    const field = `conf[${index}]`
    const earlier = confs.slice(0, index)
    const cluster = inventory.clusters.find(candidate => candidate.id === conf.clusterId)
    if (cluster === undefined) {
      problems.push({ field: `${field}.clusterId`, message: `cluster ${conf.clusterId} not found` })
    }
    if (!inventory.mqServers.some(candidate => candidate.id === conf.mqServerId)) {
      problems.push({ field: `${field}.mqServerId`, message: `mq server ${conf.mqServerId} not found` })
    } else if (cluster !== undefined && !isBound(inventory, conf)) {
      problems.push({
        field: `${field}.mqServerId`,
        message: `mq server ${conf.mqServerId} is not bound to cluster ${cluster.name}`,
      })
    }
    const repeated =
      placing === 'oncePerCluster' ? clusterProblem(conf, earlier) : brokerClusterProblem(conf, earlier)
    if (repeated !== undefined) problems.push({ ...repeated, field: `${field}.${repeated.field}` })
  })
  return problems
}

function clusterProblem(conf: NewTopicConf, earlier: readonly NewTopicConf[]): Problem | undefined {
  if (earlier.some(other => other.clusterId === conf.clusterId)) {
    return { field: 'clusterId', message: `cluster ${conf.clusterId} repeated` }
  }
  if (!earlier.some(other => other.serverIdcId === conf.serverIdcId)) return undefined
  const message = `two clusters in the same IDC ${conf.serverIdcId}; a topic has one cluster per IDC`
  return { field: 'serverIdcId', message }
}

function brokerClusterProblem(conf: NewTopicConf, earlier: readonly NewTopicConf[]): Problem | undefined {
  if (!earlier.some(other => other.mqServerId === conf.mqServerId)) return undefined
  return { field: 'mqServerId', message: `broker cluster ${conf.mqServerId} repeated` }
}

function isBound(inventory: Inventory, conf: NewTopicConf): boolean {
  return inventory.relations.some(
    relation =>
      relation.kind === 'pproxy' &&
      relation.clusterId === conf.clusterId &&
      relation.mqServerId === conf.mqServerId,
  )
}
