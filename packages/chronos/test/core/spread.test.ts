import type { LogRecord } from '@ddmq/storage'
import { expect, test } from 'vitest'
import { spread } from '../../src/core/spread.ts'

const PARTITIONS = ['0', '1', '2', '3', '4', '5', '6', '7']

test.for([
  { count: 100, sizes: { 6: 100 } },
  { count: 257, sizes: { 6: 257 } },
  { count: 600, sizes: { 6: 300, 7: 300 } },
  { count: 2000, sizes: { 6: 500, 7: 500, 0: 500, 1: 500 } },
])('$count deliveries at once go to few partitions, from a random one on', ({ count, sizes }) => {
  const records = Array.from({ length: count }, (_, number) => recordOf(number))

  const appends = spread('t', records, PARTITIONS, () => 0.8)

  const found = appends.map(({ partition, records: part }) => [partition, part.length])
  expect(Object.fromEntries(found)).toEqual(sizes)
  expect(new Set(appends.flatMap(append => append.records))).toEqual(new Set(records))
})

test('runs that come to the same partition again are one append', () => {
  const records = Array.from({ length: 1000 }, (_, number) => recordOf(number))

  const appends = spread('t', records, ['0', '1'], () => 0)

  expect(appends.map(({ partition, records: part }) => [partition, part.length])).toEqual([
    ['0', 666],
    ['1', 334],
  ])
})

function recordOf(number: number): LogRecord {
  return { key: Buffer.from(`${number}`), value: null, headers: [], timestampMs: 0 }
}
