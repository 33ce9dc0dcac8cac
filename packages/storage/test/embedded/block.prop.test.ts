import type { LogRecord } from '@ddmq/storage'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  BLOCK_HEADER_BYTES,
  encodeBlock,
  RecordCollector,
  tryDecodeHeader,
} from '../../src/embedded/block.ts'
import { checkedRecordBytes } from '../../src/embedded/record-size.ts'

const bytes = fc.uint8Array({ maxLength: 40 }).map(array => Buffer.from(array))
const record = fc.record({
  key: fc.option(bytes),
  value: fc.option(bytes),
  headers: fc.array(fc.record({ name: fc.string({ unit: 'grapheme', maxLength: 80 }), value: bytes }), {
    maxLength: 4,
  }),
  timestampMs: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
})
const records = fc.array(record, { minLength: 1, maxLength: 8 })
const offset = fc.nat({ max: Number.MAX_SAFE_INTEGER - 100 })

function encode(content: readonly LogRecord[], baseOffset: number) {
  const recordBytes = content.reduce((sum, each) => sum + checkedRecordBytes(each, 1e9), 0)
  const header = {
    baseOffset,
    count: content.length,
    maxTimestampMs: 3,
    logTimestampMs: 2 ** 45,
    appendedMs: 5,
    logBytes: 2 ** 50,
  }
  const block = Buffer.alloc(BLOCK_HEADER_BYTES + recordBytes)
  encodeBlock(block, { records: content, from: 0, to: content.length, recordBytes }, header)
  return { header, block }
}

test('E1: a block gives back its header and every record from any offset', () => {
  fc.assert(
    fc.property(records, offset, fc.nat(8), (content, baseOffset, skip) => {
      const { header, block } = encode(content, baseOffset)

      const collector = new RecordCollector(Number.POSITIVE_INFINITY)
      collector.take(block, baseOffset + skip)

      expect(tryDecodeHeader(block)).toEqual(header)
      expect(collector.records).toEqual(
        content.map((each, index) => ({ offset: baseOffset + index, ...each })).slice(skip),
      )
    }),
  )
})

test('E1: a block with any bit flipped, or cut anywhere, is refused', () => {
  fc.assert(
    fc.property(records, fc.nat(), fc.nat(7), (content, position, bit) => {
      const { block } = encode(content, 7)
      const at = position % block.length
      const flipped = Buffer.from(block)
      flipped[at] = (flipped[at] ?? 0) ^ (1 << bit)

      expect(tryDecodeHeader(flipped)).toBeUndefined()
      expect(tryDecodeHeader(block.subarray(0, at))).toBeUndefined()
    }),
  )
})
