import { DdmqError } from '@ddmq/common/errors'
import {
  consumeLagLimit,
  DOCUMENT_KINDS,
  type DocumentKind,
  delaySettingsSchema,
  groupConfigSchema,
  parseDocument,
  serializeDocument,
  topicConfigSchema,
} from '@ddmq/common/registry'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as original from './console-documents.ts'

const DOCUMENTS: Readonly<Record<DocumentKind, string>> = {
  topic: original.TOPIC,
  group: original.GROUP,
  pproxy: original.PPROXY,
  cproxy: original.CPROXY,
  broker: original.BROKER,
}

function rewritten(kind: DocumentKind, text: string): string {
  return serializeDocument(kind, parseDocument(kind, 'n', text))
}

function consumeLagLimits(maxConsumeLag: number): (number | undefined)[] {
  const { topics } = groupConfigSchema.parse({ group: 'g', topics: [{ maxConsumeLag, concurrency: 1024 }] })
  return topics.map(consumeLagLimit)
}

function group(change: (subscription: Record<string, unknown>) => void): string {
  const document = JSON.parse(original.GROUP)
  change(document.topics[0])
  return JSON.stringify(document)
}

describe('CM-4 reading and writing again', () => {
  test.each(DOCUMENT_KINDS)('gives the bytes of the original console: %s', kind => {
    expect(rewritten(kind, DOCUMENTS[kind])).toBe(DOCUMENTS[kind])
  })

  test('writes doubles as the original does, small and large', () => {
    const rates = [0.001, 0.0001, 0.5, 128, 1_000_000, 9_999_999, 10_000_000, 12_345_678.5]
    const written = rates.map(rate =>
      rewritten(
        'group',
        group(subscription => Object.assign(subscription, { totalMaxTps: rate })),
      ),
    )

    expect(written.map(text => /"totalMaxTps":([^,}]+)/.exec(text)?.[1])).toEqual([
      '0.001',
      '1.0E-4',
      '0.5',
      '128.0',
      '1000000.0',
      '9999999.0',
      '1.0E7',
      '1.23456785E7',
    ])
  })

  test('is stable for any document, whatever the order of its keys', () => {
    const name = fc.string({ minLength: 1 }).filter(text => text.isWellFormed() && text !== '__proto__')
    const unit = fc.record({
      totalMaxTps: fc.integer({ min: 1 }),
      proxies: fc.dictionary(name, fc.array(name)),
      brokerCluster: name,
    })
    const topic = fc.record({
      topicUnits: fc.array(unit, { minLength: 1 }),
      topic: name,
      delayTopic: fc.boolean(),
    })
    fc.assert(
      fc.property(topic, document => {
        const once = serializeDocument('topic', topicConfigSchema.parse(document))
        expect(rewritten('topic', once)).toBe(once)
        const sortedKeys = Object.keys(JSON.parse(once))
        expect(sortedKeys).toEqual(sortedKeys.toSorted())
      }),
    )
  })
})

describe('leniency', () => {
  test('how the delay service treats a topic is kept, has defaults, and is absent where nobody said it', () => {
    const topic = { topic: 't', topicUnits: [{ brokerCluster: 'R' }] }
    const said = topicConfigSchema.parse({ ...topic, delay: { paused: true } })
    expect(said.delay).toEqual({ misfire: 'all', paused: true })
    expect(parseDocument('topic', 't', serializeDocument('topic', said))).toEqual(said)
    expect(topicConfigSchema.parse(topic).delay).toBeUndefined()
    expect(delaySettingsSchema.parse({})).toEqual({ misfire: 'all', paused: false })
    const unknown = JSON.stringify({ ...topic, delay: { misfire: 'some' } })
    expect(() => parseDocument('topic', 't', unknown)).toThrow(/misfire/)
  })

  test('CM-5 the long spelling of a boolean counts, and the short one wins when both are there', () => {
    const long = parseDocument(
      'group',
      'cg_x',
      group(subscription => {
        delete subscription['enabled']
        delete subscription['pressureTraffic']
        Object.assign(subscription, { isEnabled: true, isPressureTraffic: true })
      }),
    )
    const both = parseDocument(
      'group',
      'cg_x',
      group(subscription => Object.assign(subscription, { isEnabled: false })),
    )

    expect(long.topics[0]).toMatchObject({ enabled: true, pressureTraffic: true })
    expect(both.topics[0]?.enabled).toBe(true)
  })

  test('CM-6 unknown members are dropped and null members are absent', () => {
    const text = group(subscription =>
      Object.assign(subscription, { rateLimit: 1, paramLength: {}, tags: null, timeout: null }),
    )

    const [subscription] = parseDocument('group', 'cg_x', text).topics

    expect(subscription).not.toHaveProperty('rateLimit')
    expect(subscription).not.toHaveProperty('tags')
    expect(subscription?.timeout).toBe(5000)
  })

  test('CM-7 references are resolved and never written', () => {
    const document = JSON.parse(original.GROUP)
    document.topics.push({ ...document.topics[0], topic: 't2', proxies: { $ref: '$.topics[0].proxies' } })

    const text = rewritten('group', JSON.stringify(document))

    expect(parseDocument('group', 'cg_x', text).topics[1]?.proxies).toEqual({ C_ddmq: ['127.0.0.1:9713'] })
    expect(text).not.toContain('$ref')
  })

  test('CM-7 a reference may go through names with escaped dots', () => {
    const document = JSON.parse(original.BROKER)
    document.cproxies = { C_x: { $ref: '$.brokers.10\\.0\\.0\\.1:10911' } }

    expect(parseDocument('broker', 'R_default', JSON.stringify(document)).cproxies).toEqual({
      C_x: ['10.0.0.2:10911'],
    })
  })

  test.each(['$', '$.topics[0]', '@', '..', '$.nowhere', 'x'])(
    'CM-7 a reference that cannot be resolved is refused, not followed for ever: %s',
    reference => {
      const text = group(subscription => Object.assign(subscription, { proxies: { $ref: reference } }))

      expect(() => parseDocument('group', 'cg_x', text)).toThrow(/\$ref/)
    },
  )

  test('CM-7 references that multiply without end are refused', () => {
    const levels = Array.from({ length: 40 }, (_, level) => {
      const below = { $ref: `$.level${level + 1}` }
      return [`level${level}`, level === 39 ? {} : { a: below, b: below }]
    })

    expect(() => parseDocument('topic', 't', JSON.stringify(Object.fromEntries(levels)))).toThrow(
      /more than 1000 \$ref/,
    )
  })

  test('CM-7 derived members of an HBase table are dropped, the declared ones kept', () => {
    const column = { columnName: 'a', hbaseColumn: 'b', columnType: 'int', key: 1 }
    const table = {
      hbaseTable: 'h',
      columns: [column],
      columnName2ColumnInfoMap: {
        a: { $ref: '$.topics[0].hbaseconfiguration.hBaseTableConfig.hbaseTables[0].columns[0]' },
      },
    }
    const text = group(subscription =>
      Object.assign(subscription, { hbaseconfiguration: { hBaseTableConfig: { hbaseTables: [table] } } }),
    )

    expect(parseDocument('group', 'cg_x', text).topics[0]?.hbaseconfiguration).toEqual({
      hBaseTableConfig: { hbaseTables: [{ hbaseTable: 'h', columns: [column] }] },
    })
  })

  test('CM-9 a stored consume lag of 0 means three times the concurrency, −1 none', () => {
    expect([0, -1, 7].map(consumeLagLimits)).toEqual([[3072], [undefined], [7]])
  })
})

test('whatever the text is, reading it gives a document or one coded error', () => {
  const kinds = fc.constantFrom(...DOCUMENT_KINDS)
  const text = fc.oneof(fc.string(), fc.json(), fc.constantFrom(...Object.values(DOCUMENTS)))
  fc.assert(
    fc.property(kinds, text, (kind, content) => {
      expect(codeOf(() => parseDocument(kind, 'n', content))).toBeOneOf([
        undefined,
        'REGISTRY_DOCUMENT_INVALID',
      ])
    }),
  )
})

function codeOf(call: () => unknown): unknown {
  try {
    call()
    return undefined
  } catch (thrown) {
    return thrown instanceof DdmqError ? thrown.code : thrown
  }
}
