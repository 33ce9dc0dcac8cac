import type { LogRecord } from '@ddmq/storage'
import { expect, test } from 'vitest'
import { cutByBytes } from '../../src/core/cut-by-bytes.ts'

function record(bytes: number, headerBytes = 0): LogRecord {
  const headers = headerBytes === 0 ? [] : [{ name: 'h', value: Buffer.alloc(headerBytes) }]
  return { key: Buffer.from('k'), value: Buffer.alloc(bytes), headers, timestampMs: 0 }
}

function bytesOf(records: readonly LogRecord[]): number {
  return records.reduce(
    (sum, { value, headers }) => sum + (value?.length ?? 0) + (headers[0]?.value.length ?? 0),
    0,
  )
}

test('records are cut into appends of at most the bytes of their topic, in their order', () => {
  const records = Array.from({ length: 400 }, (_, index) => record(index % 2 === 0 ? 50_000 : 0, 1_000))

  const parts = cutByBytes(records, 900_000)

  expect(parts.flat()).toEqual(records)
  expect(parts.length).toBeLessThan(15)
  for (const part of parts) expect(bytesOf(part)).toBeLessThanOrEqual(900_000)
})

test('a record over the limit stands alone, and the others beside it together', () => {
  const records = [record(10), record(5_000), record(10), record(10)]

  expect(cutByBytes(records, 1_000).map(part => part.length)).toEqual([1, 1, 2])
  expect(cutByBytes(records, 0).map(part => part.length)).toEqual([1, 1, 1, 1])
})

test('without a limit, or without records, nothing is cut', () => {
  const records = [record(1_000_000), record(1_000_000)]

  expect(cutByBytes(records, undefined)).toEqual([records])
  expect([cutByBytes([], undefined), cutByBytes([], 10)]).toEqual([[], []])
})
