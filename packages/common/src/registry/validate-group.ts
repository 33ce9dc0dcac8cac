import type { GroupConfig } from './schema/index.ts'
import { validateSubscription } from './validate-subscription.ts'

const NAME = /^[%|a-zA-Z0-9_-]+$/
const MAX_NAME_LENGTH = 255

/**
 * The rules of a group document (common-monitor-deploy.md §4.2), every broken one in the wording of operators' tools:
 * prefix `[GroupConfig]` or `[UpstreamTopic]`, suffix `, group=<name>`. Disabled subscriptions are not judged. Whether a
 * script compiles is for who runs it to say.
 */
export function validateGroup(config: GroupConfig): readonly string[] {
  const enabled = config.topics.filter(subscription => subscription.enabled)
  const problems = [
    ...groupProblems(config).map(problem => `[GroupConfig] ${problem}`),
    ...mixedLevelProblems(config),
    ...enabled.flatMap(subscription =>
      validateSubscription(subscription).map(
        problem =>
          `[UpstreamTopic] ${problem}, topic=${subscription.topic}, brokerCluster=${subscription.brokerCluster}`,
      ),
    ),
  ]
  return problems.map(problem => `${problem}, group=${config.group}`)
}

function groupProblems(config: GroupConfig): string[] {
  const problems: string[] = []
  if (!NAME.test(config.group)) problems.push('group must consist of letters, digits, %, |, _ and -')
  if (config.group.length > MAX_NAME_LENGTH) {
    problems.push(`group must not be longer than ${MAX_NAME_LENGTH} characters`)
  }
  if (config.asyncThreads <= 0) problems.push('asyncThreads must be greater than 0')
  if (config.delayTimeThreshold < 0) problems.push('delayTimeThreshold must not be negative')
  if (config.committedLagThreshold < 0) problems.push('committedLagThreshold must not be negative')
  return [...problems, ...redisProblems(config.redisConfig)]
}

function mixedLevelProblems(config: GroupConfig): string[] {
  const levels = new Set(
    config.topics.filter(({ enabled }) => enabled).map(({ actions }) => actions.includes('LowLevel')),
  )
  return levels.size > 1 ? ['[GroupConfig] One group can not mix low-level and non-low-level topics.'] : []
}

function redisProblems(redis: GroupConfig['redisConfig']): string[] {
  if (redis === undefined) return []
  const { hosts, timeout = 5000 } = redis
  const problems: string[] = []
  if (!Array.isArray(hosts) || hosts.length === 0) problems.push('redisConfig.hosts must not be empty')
  if (typeof timeout !== 'number' || timeout < 0) problems.push('redisConfig.timeout must not be negative')
  return problems
}
