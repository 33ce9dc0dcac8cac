import type { ActionName } from '@ddmq/common/registry'
import type { Problem } from './problem.ts'

/** The settings of a subscription that decide its chain, as the original request has them (console.md §5.3). */
export interface ChainSettings {
  readonly apiType: number
  readonly consumeType: number
  readonly bigDataType: number | undefined
  readonly msgType: number
  readonly groovy: string | undefined
  readonly transit: Readonly<Record<string, string>>
  readonly orderKey: string | undefined
  readonly msgPushType: number | undefined
  readonly queryParams: Readonly<Record<string, string>>
  readonly extraParams: Readonly<Record<string, string>>
  readonly useNonBlockAsync: boolean
}

/** The action list of console.md §5.3, "Action list". An empty text or map counts as not set. */
export function actionChain(settings: ChainSettings): readonly ActionName[] {
  if (settings.apiType === 2) return ['LowLevel', 'PullServer']
  if (settings.consumeType === 3 && settings.bigDataType === 0) return ['Async', 'Hdfs']
  if (settings.consumeType === 3 && settings.bigDataType === 1) return ['Async', 'Hbase']
  const chain = [...head(settings), ...middle(settings), ...tail(settings)]
  const synchronous = settings.extraParams['forceSync'] === 'true' && chain.includes('Groovy')
  if (synchronous) return chain.filter(action => action !== 'Async')
  return settings.useNonBlockAsync
    ? chain.map(action => (action === 'Async' ? 'NonBlockAsync' : action))
    : chain
}

function head(settings: ChainSettings): readonly ActionName[] {
  if (ordersByJsonPath(settings)) return ['Json', 'Async']
  return needsJson(settings) ? ['Async', 'Json'] : ['Async']
}

function middle(settings: ChainSettings): readonly ActionName[] {
  const actions: ActionName[] = []
  if (settings.groovy) actions.push('Groovy')
  if (!isEmpty(settings.transit)) actions.push('Transit')
  return settings.extraParams['ACTION_ORDER_TRANSIT_GROOVY'] === 'true' ? actions.toReversed() : actions
}

function tail(settings: ChainSettings): readonly ActionName[] {
  if (settings.extraParams['ACTION_REDIS'] === 'true') return ['Redis']
  if (settings.consumeType === 1) return ['PullServer']
  if (settings.consumeType !== 2) return []
  const actions: ActionName[] = isEmpty(settings.queryParams) ? [] : ['QueryParams']
  if (settings.msgPushType === 1) actions.push('FormParams')
  if (settings.msgPushType === 2) actions.push('FormParams2')
  return [...actions, 'AsyncHttp']
}

function needsJson(settings: ChainSettings): boolean {
  const { extraParams } = settings
  if (settings.groovy || !isEmpty(settings.transit) || extraParams['ACTION_REDIS'] === 'true') return true
  if (settings.msgType !== 1) return false
  if (!isEmpty(settings.queryParams)) return true
  if (settings.consumeType !== 2) return false
  if (settings.msgPushType === 1) return extraParams['FORMPARAMS_HTTP_IGNORE_JSON'] !== 'true'
  return settings.msgPushType === 2 && extraParams['FORMPARAMS2_HTTP_IGNORE_JSON'] !== 'true'
}

function ordersByJsonPath(settings: ChainSettings): boolean {
  return !['', 'QID', 'KEY'].includes(settings.orderKey ?? '')
}

function isEmpty(map: Readonly<Record<string, string>>): boolean {
  return Object.keys(map).length === 0
}

/** What the consumer proxy runs today; the rest is refused with the field that asked for it, never accepted and ignored. */
const AVAILABLE: ReadonlySet<ActionName> = new Set([
  'Async',
  'NonBlockAsync',
  'Json',
  'FormParams',
  'FormParams2',
  'AsyncHttp',
  'PullServer',
])

const ASKED_BY: Readonly<Partial<Record<ActionName, string>>> = {
  QueryParams: 'httpQueryParams',
  Groovy: 'groovy',
  Transit: 'transit',
  Redis: 'extraParams.ACTION_REDIS',
  Hdfs: 'bigDataType',
  Hbase: 'bigDataType',
  LowLevel: 'apiType',
}

export function chainProblems(chain: readonly ActionName[]): readonly Problem[] {
  return chain
    .filter(action => !AVAILABLE.has(action))
    .map(action => ({
      field: ASKED_BY[action] ?? 'actions',
      message: `needs the action ${action}, which this version does not have`,
    }))
}
