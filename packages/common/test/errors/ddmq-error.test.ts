import { DdmqError, defineError, describeError, findError } from '@ddmq/common/errors'
import { expect, test } from 'vitest'

class DiskFullError extends defineError('TEST_DISK_FULL', { retryable: true, httpStatus: 507 }) {}

test('an error says its code once, for the class and the instance, with its traits and facts', () => {
  const error = new DiskFullError('disk is full', { details: { freeBytes: 0 } })

  expect(error).toBeInstanceOf(DdmqError)
  expect(error).toMatchObject({
    name: 'DiskFullError',
    code: DiskFullError.code,
    retryable: true,
    httpStatus: 507,
    details: { freeBytes: 0 },
  })
})

test('a coded error is found in a chain of causes and inside an aggregate', () => {
  const inner = new DiskFullError('disk is full')
  const chain = new Error('outer', { cause: new AggregateError([new Error('other'), inner]) })

  expect(findError(chain, 'TEST_DISK_FULL')).toBe(inner)
  expect(findError(chain, 'TEST_OTHER')).toBeUndefined()
})

test.each([undefined, null, 'text', 7, true])(
  'any thrown value can be searched and described: %j',
  thrown => {
    expect(findError(thrown, 'TEST_DISK_FULL')).toBeUndefined()
    expect(describeError(thrown)).toBe(String(thrown))
  },
)

test('the description is one line with every cause', () => {
  const error = new Error('start failed', {
    cause: new AggregateError([new Error('a'), new Error('b', { cause: 'c' })], 'two reasons'),
  })

  expect(describeError(error)).toBe('start failed: two reasons: a; b: c')
})
