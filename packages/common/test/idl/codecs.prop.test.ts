import fc from 'fast-check'
import thrift from 'thrift'
import { describe, expect, test } from 'vitest'
import { PullExceptionError } from '../../src/idl/index.ts'
import { MessageType, MissingFieldError } from '../../src/thrift/index.ts'
import { allMethods, allStructs, bytesOf, protocols, readerOf } from './codec-table.ts'
import type { IdlField, IdlStruct, IdlType } from './idl-document.ts'
import { arbitraryStruct, isAlwaysSet, normalized, toOurs } from './idl-values.ts'
import {
  type OracleStruct,
  oracleBytes,
  oracleReader,
  readOracleStruct,
  structOf,
  writeOracleStruct,
} from './oracle.ts'

const CALL = thrift.Thrift.MessageType.CALL
const RUNS = { numRuns: 30 }

const DECLARED: Pick<IdlField, 'id' | 'name' | 'type'> = {
  id: 1,
  name: 'error',
  type: { kind: 'struct', name: 'PullException' },
}

/** Fields no codec knows: new ids between, below and above the known ones, of every shape. */
const STRANGE_TYPES: Readonly<Record<string, IdlType>> = {
  newFlag: { kind: 'bool' },
  newNumber: { kind: 'i64' },
  newBytes: { kind: 'binary' },
  newList: { kind: 'list', element: { kind: 'map', key: { kind: 'string' }, value: { kind: 'bool' } } },
  newMap: { kind: 'map', key: { kind: 'i32' }, value: { kind: 'list', element: { kind: 'bool' } } },
}
const STRANGE_VALUES: OracleStruct = {
  newFlag: true,
  newNumber: -(2n ** 63n),
  newBytes: Buffer.from([1, 2, 3]),
  newList: [new Map([['a', true]]), new Map()],
  newMap: new Map([[1, [true, false]]]),
  mistyped: 5n,
  mistypedNumber: 'five',
}

function withStrangeFields(struct: IdlStruct): IdlStruct {
  const strange = Object.entries(STRANGE_TYPES).map(([name, type], index) =>
    strangeField(200 + index, name, type),
  )
  const known = struct.fields.flatMap(field => {
    const isText = field.type.kind === 'string'
    const before = isText
      ? strangeField(field.id, 'mistyped', { kind: 'i64' })
      : strangeField(field.id, 'mistypedNumber', { kind: 'string' })
    return field.type.kind === 'binary' ? [field] : [before, field]
  })
  return { name: struct.name, fields: [strangeField(-3, 'newFlag', { kind: 'bool' }), ...known, ...strange] }
}

const EMPTY: Readonly<Record<IdlType['kind'], unknown>> = {
  bool: false,
  i32: 0,
  i64: 0,
  string: '',
  binary: new Uint8Array(),
  list: [],
  map: new Map(),
  struct: {},
}

/** What a reader holds of a field that was not on the wire. */
function defaultOf(struct: IdlStruct, field: IdlField): unknown {
  if (!isAlwaysSet(struct, field)) return undefined
  if (field.defaultValue !== undefined) return field.defaultValue
  return EMPTY[field.type.kind]
}

function strangeField(id: number, name: string, type: IdlType): IdlField {
  return { id, name, type, requiredness: 'optional', defaultValue: undefined }
}

test.each(['producer', 'consumer'])(
  'every struct and method of %s.thrift has a codec and the other way round',
  name => {
    const ofService = allStructs.filter(({ serviceName }) => serviceName === name)
    const { document, methods } = ofService[0]!.service

    expect(ofService.map(struct => struct.name).toSorted()).toEqual([...document.structs.keys()].toSorted())
    expect(Object.keys(methods).toSorted()).toEqual([...document.functions.keys()].toSorted())
    for (const [key, method] of Object.entries(methods)) expect(method.name).toBe(key)
  },
)

describe.each(protocols)('%s protocol', protocol => {
  describe.each(allStructs)('$serviceName $name', ({ name, codec, service }) => {
    const { document } = service
    const struct = structOf(document, name)
    const values = arbitraryStruct(service, struct)

    test('is written with the bytes of the Apache Thrift library', () => {
      fc.assert(
        fc.property(values, value => {
          const ours = toOurs(service, struct, value)
          const theirs = oracleBytes(protocol, output => writeOracleStruct(output, document, struct, value))
          const written = bytesOf(protocol, writer => codec.write(writer, ours as never))

          expect(written.toString('hex')).toBe(theirs.toString('hex'))
          expect(readOracleStruct(oracleReader(protocol, written), document, struct)).toEqual(value)
        }),
        RUNS,
      )
    })

    test('is read as the Apache Thrift library wrote it', () => {
      fc.assert(
        fc.property(values, value => {
          const bytes = oracleBytes(protocol, output => writeOracleStruct(output, document, struct, value))
          const reader = readerOf(protocol, bytes)

          expect(normalized(codec.read(reader))).toEqual(normalized(toOurs(service, struct, value)))
          expect(reader.remaining).toBe(0)
        }),
        RUNS,
      )
    })

    const withoutMember = (member: string): (() => unknown) => {
      const [value] = fc.sample(values, { numRuns: 1, seed: 7 })
      const bytes = oracleBytes(protocol, output =>
        writeOracleStruct(output, document, struct, { ...value, [member]: undefined }),
      )
      return () => codec.read(readerOf(protocol, bytes))
    }

    test('is refused by name without a required field', () => {
      for (const field of struct.fields.filter(({ requiredness }) => requiredness === 'required')) {
        expect(withoutMember(field.name)).toThrow(
          new MissingFieldError(`required field ${name}.${field.name} is missing`),
        )
      }
    })

    test('is read without any other field, which then has its default or is absent', () => {
      for (const field of struct.fields.filter(({ requiredness }) => requiredness !== 'required')) {
        const read = normalized(withoutMember(field.name)()) as Record<string, unknown>

        expect(field.name === 'hashId' ? read['hashIdLow'] : read[field.name]).toEqual(
          defaultOf(struct, field),
        )
      }
    })

    test('ignores unknown fields and known fields of another type', () => {
      fc.assert(
        fc.property(values, value => {
          const stranger = withStrangeFields(struct)
          const bytes = oracleBytes(protocol, output =>
            writeOracleStruct(output, document, stranger, { ...value, ...STRANGE_VALUES }),
          )
          const reader = readerOf(protocol, bytes)

          expect(normalized(codec.read(reader))).toEqual(normalized(toOurs(service, struct, value)))
          expect(reader.remaining).toBe(0)
        }),
        RUNS,
      )
    })
  })

  describe.each(allMethods)('method $name', ({ name, method, service }) => {
    const { document } = service
    const { args, result } = document.functions.get(name)!

    test('exchanges arguments with the Apache Thrift library', () => {
      fc.assert(
        fc.property(arbitraryStruct(service, args), fc.nat(), (value, sequenceId) => {
          const ours = toOurs(service, args, value)
          const theirs = oracleBytes(protocol, output => {
            output.writeMessageBegin(name, CALL, sequenceId)
            writeOracleStruct(output, document, args, value)
            output.writeMessageEnd()
          })
          const written = bytesOf(protocol, writer => {
            writer.messageBegin(name, MessageType.call, sequenceId)
            method.writeArgs(writer, ours)
          })
          const reader = readerOf(protocol, theirs)
          reader.messageBegin()

          expect(written.toString('hex')).toBe(theirs.toString('hex'))
          expect(reader).toMatchObject({ messageName: name, messageType: MessageType.call, sequenceId })
          expect(normalized(method.readArgs(reader))).toEqual(normalized(ours))
        }),
        RUNS,
      )
    })

    test('exchanges results with the Apache Thrift library', () => {
      const success: IdlStruct = { name: result.name, fields: result.fields.slice(0, 1) }
      const values = arbitraryStruct(service, {
        name: result.name,
        fields: [{ ...success.fields[0]!, requiredness: 'required' }],
      })
      fc.assert(
        fc.property(values, value => {
          const { success: ours } = toOurs(service, success, value) as { success: unknown }
          const theirs = oracleBytes(protocol, output => writeOracleStruct(output, document, success, value))
          const written = bytesOf(protocol, writer => method.writeResult(writer, ours))

          expect(written.toString('hex')).toBe(theirs.toString('hex'))
          expect(normalized(method.readResult(readerOf(protocol, theirs)))).toEqual(normalized(ours))
        }),
        RUNS,
      )
    })

    test('declares an exception exactly where the IDL does', () => {
      const declared = result.fields.slice(1).map(({ id, name: field, type }) => ({ id, name: field, type }))

      expect(declared).toEqual(method.writeDeclared === undefined ? [] : [DECLARED])
    })

    test('a result struct without a result is reported as such', () => {
      const bytes = bytesOf(protocol, writer => writer.fieldStop())

      expect(() => method.readResult(readerOf(protocol, bytes))).toThrow(
        expect.objectContaining({ code: 'WIRE_APPLICATION', type: 5 }),
      )
    })
  })

  test.each(allMethods.filter(({ method }) => method.writeDeclared !== undefined))(
    'method $name exchanges its exception with the Apache Thrift library',
    ({ name, method, service }) => {
      const { result } = service.document.functions.get(name)!
      const exception = { code: 7, message: 'overloaded' }
      const thrown = new PullExceptionError(exception)
      const theirs = oracleBytes(protocol, output =>
        writeOracleStruct(output, service.document, result, { error: exception }),
      )

      const bytes = bytesOf(protocol, writer => {
        method.writeDeclared?.(writer, new Error('another'))
        method.writeDeclared?.(writer, thrown)
      })

      expect(bytes).toEqual(theirs)
      expect(() => method.readResult(readerOf(protocol, theirs))).toThrow(thrown)
    },
  )
})
