import { describe, expect, test } from 'vitest'
import { DelayMessage, producerService } from '../../src/idl/index.ts'
import { ThriftType } from '../../src/thrift/index.ts'
import { bytesOf, readerOf } from './codec-table.ts'

const { i64, struct } = ThriftType

describe.each(['compact', 'binary'] as const)('a delay message in the %s protocol', protocol => {
  test.each([
    ['2^62', 0x4000_0000, 0, 2 ** 62],
    ['the least there is', -0x8000_0000, 0, -(2 ** 63)],
    ['2^53 − 1', 0x1f_ffff, -1, Number.MAX_SAFE_INTEGER],
    ['−1', -1, -1, -1],
  ])('reads %s as the nearest number, so that it can be refused', (_name, high, low, expected) => {
    const bytes = bytesOf(protocol, writer => {
      writer.structBegin()
      writer.field(struct, 1)
      writer.structBegin()
      for (const id of [6, 8, 9, 10]) {
        writer.field(i64, id)
        writer.i64Words(high, low)
      }
      writer.fieldStop()
      writer.structEnd()
      writer.fieldStop()
      writer.structEnd()
    })
    const { delayMessage } = producerService.sendDelaySync.readArgs(readerOf(protocol, bytes))
    const four = { timestamp: expected, interval: expected, expire: expected, times: expected }
    expect(delayMessage).toEqual(Object.assign(new DelayMessage(), four))
  })
})
