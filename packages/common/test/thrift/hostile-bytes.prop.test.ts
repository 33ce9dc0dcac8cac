import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DdmqError } from '../../src/errors/index.ts'
import type { ConsumeResult } from '../../src/idl/index.ts'
import { consumerService } from '../../src/idl/index.ts'
import { BinaryReader, CompactReader, type ThriftReader, ThriftType } from '../../src/thrift/index.ts'
import { allMethods, bytesOf, protocols, readerOf } from '../idl/codec-table.ts'
import { arbitraryStruct, toOurs } from '../idl/idl-values.ts'

/** A value, or one of our coded errors; anything else fails the test. */
function outcomeOf(read: () => unknown): string {
  try {
    read()
    return 'value'
  } catch (thrown) {
    if (thrown instanceof DdmqError && thrown.code.startsWith('WIRE_')) return thrown.code
    throw thrown
  }
}

describe.each(protocols)('%s protocol', protocol => {
  test.each(allMethods)('random bytes are a value or a WIRE_ error for $name', ({ method }) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), bytes => {
        const buffer = Buffer.from(bytes)
        const outcomes = [
          outcomeOf(() => method.readArgs(readerOf(protocol, buffer))),
          outcomeOf(() => method.readResult(readerOf(protocol, buffer))),
          outcomeOf(() => readerOf(protocol, buffer).messageBegin()),
        ]
        for (const outcome of outcomes) expect(outcome).toMatch(/^(value|WIRE_[A-Z_]+)$/)
      }),
      { numRuns: 300 },
    )
  })

  test.each(allMethods)(
    'a byte changed or cut anywhere in $name is a value or a WIRE_ error',
    ({ name, method, service }) => {
      const { args } = service.document.functions.get(name)!
      fc.assert(
        fc.property(arbitraryStruct(service, args), fc.nat(), fc.nat(255), (value, at, byte) => {
          const bytes = bytesOf(protocol, writer => method.writeArgs(writer, toOurs(service, args, value)))
          for (let end = 0; end < bytes.length; end++) {
            const truncated = readerOf(protocol, bytes.subarray(0, end))
            expect(outcomeOf(() => method.readArgs(truncated))).not.toBe('value')
          }
          bytes[at % bytes.length] = byte
          outcomeOf(() => method.readArgs(readerOf(protocol, bytes)))
        }),
        { numRuns: 10 },
      )
    },
  )

  test('nothing beyond the end of the frame is read', () => {
    const bytes = bytesOf(protocol, writer =>
      consumerService.pull.writeArgs(writer, { request: { groupId: 'g' } }),
    )
    const reader = protocol === 'compact' ? new CompactReader() : new BinaryReader()
    reader.reset(bytes, 0, bytes.length - 1)

    expect(outcomeOf(() => consumerService.pull.readArgs(reader))).toBe('WIRE_TRUNCATED')
  })

  test.each([
    ['1,000 results', 1_000, 'value'],
    ['more results than are accepted', 20_000, 'WIRE_LIMIT_EXCEEDED'],
  ])('a chain of %s is read without recursion', (_case, length, outcome) => {
    let result: ConsumeResult = { successOffsets: [0] }
    for (let index = 1; index < length; index++) result = { successOffsets: [index], nextResult: result }
    const bytes = bytesOf(protocol, writer => consumerService.submit.writeArgs(writer, { result }))
    let read: ConsumeResult | undefined

    expect(
      outcomeOf(() => {
        read = consumerService.submit.readArgs(readerOf(protocol, bytes)).result
      }),
    ).toBe(outcome)

    let count = 0
    for (let current = read; current !== undefined; current = current.nextResult) count += 1
    expect(count).toBe(outcome === 'value' ? length : 0)
  })

  test('an unknown field of any depth is skipped or refused without exhausting the stack', () => {
    for (const [depth, outcome] of [
      [60, 'value'],
      [5_000, 'WIRE_LIMIT_EXCEEDED'],
    ] as const) {
      const bytes = bytesOf(protocol, writer => {
        writer.structBegin()
        writer.field(ThriftType.list, 99)
        for (let level = 0; level < depth; level++) writer.listBegin(ThriftType.list, 1)
        writer.listBegin(ThriftType.i32, 0)
        writer.fieldStop()
        writer.structEnd()
      })
      const read = (): void => {
        const reader: ThriftReader = readerOf(protocol, bytes)
        reader.structBegin()
        while (reader.nextField()) reader.skip(reader.fieldType)
        reader.structEnd()
      }
      expect(outcomeOf(read)).toBe(outcome)
    }
  })
})

test.each([
  ['a list longer than what is left', '19fcffffffff07', 'WIRE_TRUNCATED'],
  ['a list of negative size', '19fcffffffff0f', 'WIRE_MALFORMED'],
  ['a list of more structs than are accepted', `19fc818008${'00'.repeat(140_000)}`, 'WIRE_LIMIT_EXCEEDED'],
  ['a type that does not exist', '1d', 'WIRE_MALFORMED'],
  ['an integer without an end', `19fc${'ff'.repeat(12)}`, 'WIRE_MALFORMED'],
])('compact: %s is refused', (_case, hex, code) => {
  const { method } = allMethods.find(({ name }) => name === 'sendBatchSync')!
  const bytes = Buffer.from(hex, 'hex')

  expect(outcomeOf(() => method.readArgs(readerOf('compact', bytes)))).toBe(code)
})
