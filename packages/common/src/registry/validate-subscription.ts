import { ACTIONS, type UpstreamTopic } from './schema/index.ts'

const KNOWN_ACTIONS: ReadonlySet<string> = new Set(ACTIONS)
const HDFS_FIELDS = ['rootPath', 'filePath', 'userName', 'password', 'fileType'] as const
const HBASE_FIELDS = ['hbaseZK', 'hbasePort', 'hbaseBuffer', 'user', 'password'] as const

/** The rules of one enabled subscription in the order of common-monitor-deploy.md §4.2.1; each problem names its field. */
export function validateSubscription(subscription: UpstreamTopic): readonly string[] {
  return [
    ...basicProblems(subscription),
    ...subscription.actions.flatMap(action => actionProblems(action, subscription)),
    ...lastActionProblems(subscription),
  ]
}

function basicProblems(subscription: UpstreamTopic): string[] {
  const { brokerCluster, topic, actions, totalMaxTps, concurrency, fetchThreads, orderKey } = subscription
  const problems: string[] = []
  if (brokerCluster === '') problems.push('brokerCluster must not be empty')
  if (topic === '') problems.push('topic must not be empty')
  if (actions.length === 0) problems.push('actions must not be empty')
  if (totalMaxTps <= 0) problems.push('totalMaxTps must be greater than 0')
  if (concurrency <= 0) problems.push('concurrency must be greater than 0')
  if (fetchThreads <= 0) problems.push('fetchThreads must be greater than 0')
  if (orderKey !== undefined && orderKey !== '' && !isAcceptablePath(orderKey)) {
    problems.push('orderKey must be QID, KEY or a JSON path')
  }
  return problems
}

function actionProblems(action: string, subscription: UpstreamTopic): string[] {
  const { transit = {}, queryParams = {}, groovyScript = '' } = subscription
  switch (action) {
    case 'Transit':
      return pathMapProblems('transit', transit, [...Object.keys(transit), ...Object.values(transit)])
    case 'QueryParams':
      return pathMapProblems('queryParams', queryParams, Object.values(queryParams))
    case 'Groovy':
      return groovyScript.trim() === '' ? ['groovyScript must not be empty'] : []
    case 'Hdfs':
      return missingText('hdfsConfiguration', subscription.hdfsConfiguration, HDFS_FIELDS)
    case 'Hbase':
      return hbaseProblems(subscription.hbaseconfiguration)
    default:
      return KNOWN_ACTIONS.has(action) ? [] : [`actions has the unknown action ${action}`]
  }
}

function lastActionProblems(subscription: UpstreamTopic): string[] {
  const last = subscription.actions.at(-1)
  switch (last) {
    case 'AsyncHttp':
      return [...timeoutProblems(subscription), ...httpProblems(subscription)]
    case 'PullServer':
      return [
        ...timeoutProblems(subscription),
        ...(subscription.maxPullBatchSize > 0 ? [] : ['maxPullBatchSize must be greater than 0']),
      ]
    case 'Redis':
    case 'Hdfs':
    case 'Hbase':
    case undefined:
      return []
    default:
      return [`actions must not end with ${last}: it is an invalid last action`]
  }
}

function timeoutProblems({ timeout }: UpstreamTopic): string[] {
  return timeout > 0 ? [] : ['timeout must be greater than 0']
}

/** `https://` is accepted too, which the original refused. */
function httpProblems({ httpMethod, urls = [] }: UpstreamTopic): string[] {
  const problems: string[] = []
  if (!/^(?:GET|POST)$/i.test(httpMethod)) problems.push('httpMethod must be GET or POST')
  if (urls.length === 0) problems.push('urls must not be empty')
  const bad = urls.find(url => !/^https?:\/\//.test(url) || !URL.canParse(url))
  if (bad !== undefined) problems.push(`urls must start with http:// or https://, unlike ${bad}`)
  return problems
}

function pathMapProblems(field: string, map: object, paths: readonly string[]): string[] {
  if (Object.keys(map).length === 0) return [`${field} must not be empty`]
  const bad = paths.find(path => !isAcceptablePath(path))
  return bad === undefined ? [] : [`${field} has an invalid JSON path: "${bad}"`]
}

function hbaseProblems(config: UpstreamTopic['hbaseconfiguration']): string[] {
  const problems = missingText('hbaseconfiguration', config, HBASE_FIELDS)
  if (config !== undefined && typeof config['hBaseTableConfig'] !== 'object') {
    problems.push('hbaseconfiguration.hBaseTableConfig must be present')
  }
  return problems
}

function missingText(
  field: string,
  config: Readonly<Record<string, unknown>> | undefined,
  members: readonly string[],
): string[] {
  if (config === undefined) return [`${field} must be present`]
  return members
    .filter(member => typeof config[member] !== 'string' || config[member] === '')
    .map(member => `${field}.${member} must not be empty`)
}

/** As loose as the original, which refuses only an empty path and one with a space (§4.2.1). */
function isAcceptablePath(path: string): boolean {
  return path !== '' && !/\s/.test(path)
}
