import { expect, test } from 'vitest'
import { actionChain, type ChainSettings, chainProblems } from '../src/core/action-chain.ts'

function chain(settings: Partial<ChainSettings>): string {
  const base: ChainSettings = {
    apiType: 1,
    consumeType: 1,
    bigDataType: undefined,
    msgType: 3,
    groovy: undefined,
    transit: {},
    orderKey: undefined,
    msgPushType: undefined,
    queryParams: {},
    extraParams: {},
    useNonBlockAsync: false,
  }
  return actionChain({ ...base, ...settings }).join(',')
}

const HTTP = { consumeType: 2, msgType: 1 }
const SCRIPTED = { msgType: 1, groovy: 'true', transit: { a: '$.b' } }

test.each([
  ['CO-21 pull of bytes', {}, 'Async,PullServer'],
  [
    'CO-22 HTTP with push type 2 and query parameters',
    { ...HTTP, msgPushType: 2, queryParams: { a: '$.a' } },
    'Async,Json,QueryParams,FormParams2,AsyncHttp',
  ],
  [
    'CO-22 HTTP of bytes with push type 1',
    { ...HTTP, msgType: 3, msgPushType: 1 },
    'Async,FormParams,AsyncHttp',
  ],
  ['CO-23 script, then mapping', SCRIPTED, 'Async,Json,Groovy,Transit,PullServer'],
  [
    'CO-23 mapping, then script, by the flag',
    { ...SCRIPTED, extraParams: { ACTION_ORDER_TRANSIT_GROOVY: 'true' } },
    'Async,Json,Transit,Groovy,PullServer',
  ],
  ['CO-24 order by JSON path', { msgType: 1, orderKey: '$.id' }, 'Json,Async,PullServer'],
  ['order by queue needs no parsing', { orderKey: 'QID' }, 'Async,PullServer'],
  ['CO-25 low level', { apiType: 2 }, 'LowLevel,PullServer'],
  ['CO-26 HDFS', { consumeType: 3, bigDataType: 0 }, 'Async,Hdfs'],
  ['CO-26 HBase', { consumeType: 3, bigDataType: 1 }, 'Async,Hbase'],
  [
    'the flag against parsing',
    { ...HTTP, msgPushType: 1, extraParams: { FORMPARAMS_HTTP_IGNORE_JSON: 'true' } },
    'Async,FormParams,AsyncHttp',
  ],
  ['not blocking', { useNonBlockAsync: true }, 'NonBlockAsync,PullServer'],
  ['synchronous script', { groovy: 'true', extraParams: { forceSync: 'true' } }, 'Json,Groovy,PullServer'],
] as const)('%s gives its chain', (_, settings, expected) => {
  expect(chain(settings)).toBe(expected)
})

test('what no consumer proxy runs is refused by the field that asks for it', () => {
  expect(
    chainProblems(['Async', 'Json', 'Groovy', 'Transit', 'Redis']).map(problem => problem.field),
  ).toEqual(['groovy', 'transit', 'extraParams.ACTION_REDIS'])
  expect(chainProblems(['Async', 'Json', 'FormParams2', 'AsyncHttp'])).toEqual([])
})
