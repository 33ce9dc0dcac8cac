import fc from 'fast-check'
import { DelayMessage, Message } from '../../src/idl/index.ts'
import type { ServiceUnderTest } from './codec-table.ts'
import type { IdlField, IdlStruct, IdlType } from './idl-document.ts'
import type { OracleStruct, OracleValue } from './oracle.ts'
import { structOf } from './oracle.ts'

const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER)

/** Members of default requiredness that our types always have, so that we always write them. */
const ALWAYS_SET: Readonly<Record<string, readonly string[]>> = {
  Result: ['msg'],
  DelayResult: ['msg'],
  PullResponse: ['context', 'messages'],
  ConsumeStats: ['group', 'topic', 'consumeOffsets', 'produceOffsets'],
  PullException: ['message'],
  pull_args: ['request'],
  submit_args: ['result'],
  getConsumeStats_args: ['request'],
  fetch_args: ['request'],
  ack_args: ['result'],
}

const text = fc.oneof(
  fc.string({ maxLength: 80 }),
  fc.string({ unit: 'grapheme', maxLength: 80 }),
  fc.constantFrom('', '*', 'test', 'R_test_0'),
)
const safeInteger = fc.oneof(
  fc.bigInt({ min: -MAX_SAFE, max: MAX_SAFE }),
  fc.bigInt({ min: -70_000n, max: 70_000n }),
  fc.constantFrom(0n, -1n, MAX_SAFE, -MAX_SAFE, 2n ** 31n, -(2n ** 31n), 2n ** 32n, 2n ** 30n, -(2n ** 30n)),
)
const int32 = fc.oneof(fc.integer(), fc.integer({ min: -200, max: 200 }))

/** Is the member written even when nobody set it? Numbers of default requiredness are; so is what is required. */
export function isAlwaysSet(struct: IdlStruct, { name, type, requiredness }: IdlField): boolean {
  if (requiredness === 'required') return true
  if (requiredness === 'optional') return false
  return type.kind === 'i32' || type.kind === 'i64' || (ALWAYS_SET[struct.name] ?? []).includes(name)
}

/** Any value of a struct, as the oracle takes it. `depth` bounds the one recursive struct. */
export function arbitraryStruct(
  service: ServiceUnderTest,
  struct: IdlStruct,
  depth = 3,
): fc.Arbitrary<OracleStruct> {
  const members: Record<string, fc.Arbitrary<OracleValue | undefined>> = {}
  for (const field of struct.fields) {
    if (field.type.kind === 'struct' && field.type.name === struct.name && depth === 0) continue
    const value = arbitraryValue(service, field, field.type, depth - 1)
    members[field.name] = isAlwaysSet(struct, field) ? value : fc.option(value, { nil: undefined })
  }
  return fc.record(members).map(withoutAbsent)
}

function arbitraryValue(
  service: ServiceUnderTest,
  field: IdlField,
  type: IdlType,
  depth: number,
): fc.Arbitrary<OracleValue> {
  switch (type.kind) {
    case 'bool':
      return fc.boolean()
    case 'i32':
      return int32
    case 'i64':
      return field.name === 'hashId' ? fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }) : safeInteger
    case 'string':
      return text
    case 'binary':
      return fc.uint8Array({ maxLength: 300 })
    case 'struct':
      return arbitraryStruct(service, structOf(service.document, type.name), depth)
    case 'list':
      return fc.array(arbitraryValue(service, field, type.element, depth), { maxLength: 8 })
    case 'map':
      break
  }
  return fc
    .array(
      fc.tuple(
        arbitraryValue(service, field, type.key, depth),
        arbitraryValue(service, field, type.value, depth),
      ),
      { maxLength: 4 },
    )
    .map(entries => new Map(entries))
}

function withoutAbsent(struct: Record<string, OracleValue | undefined>): OracleStruct {
  return Object.fromEntries(Object.entries(struct).filter(([, member]) => member !== undefined))
}

/** The same value as our codecs take it: i64 as numbers, hashId as two words. */
export function toOurs(service: ServiceUnderTest, struct: IdlStruct, value: OracleStruct): unknown {
  const ours: Record<string, unknown> = {}
  for (const field of struct.fields) {
    const member = value[field.name]
    if (member === undefined) continue
    if (field.name === 'hashId') {
      ours['hashIdHigh'] = Number(BigInt.asIntN(32, (member as bigint) >> 32n))
      ours['hashIdLow'] = Number(BigInt.asIntN(32, member as bigint))
    } else {
      ours[field.name] = valueToOurs(service, field.type, member)
    }
  }
  if (struct.name === 'DelayMessage') return Object.assign(new DelayMessage(), ours)
  if (!isProducerMessage(struct)) return ours
  // Text on the wire, but its bytes are what we keep.
  if (typeof ours['value'] === 'string') ours['value'] = Buffer.from(ours['value'])
  return Object.assign(new Message(), ours)
}

/** Both services have a struct of this name. */
function isProducerMessage(struct: IdlStruct): boolean {
  return struct.name === 'Message' && struct.fields.some(({ name }) => name === 'hashId')
}

function valueToOurs(service: ServiceUnderTest, type: IdlType, value: OracleValue): unknown {
  switch (type.kind) {
    case 'i64':
      return Number(value)
    case 'struct':
      return toOurs(service, structOf(service.document, type.name), value as OracleStruct)
    case 'list':
      return (value as readonly OracleValue[]).map(element => valueToOurs(service, type.element, element))
    case 'map':
      return new Map(
        [...(value as ReadonlyMap<OracleValue, OracleValue>)].map(([key, member]) => [
          valueToOurs(service, type.key, key),
          valueToOurs(service, type.value, member),
        ]),
      )
    case 'binary':
    case 'bool':
    case 'i32':
    case 'string':
      break
  }
  return value
}

/** Views become plain byte arrays, absent members disappear: what two equal values have in common. */
export function normalized(value: unknown): unknown {
  if (value instanceof Uint8Array) return new Uint8Array(value)
  if (Array.isArray(value)) return value.map(normalized)
  if (value instanceof Map) return new Map([...value].map(([key, member]) => [key, normalized(member)]))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([key, member]) => [key, normalized(member)]),
  )
}
