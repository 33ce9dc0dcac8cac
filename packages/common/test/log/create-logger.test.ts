import { defineError } from '@ddmq/common/errors'
import { createLogger, type LoggerOptions } from '@ddmq/common/log'
import { testLogger } from '@ddmq/testkit'
import { expect, test } from 'vitest'

class TestError extends defineError('TEST_FAILED', { retryable: false, httpStatus: 500 }) {}

function textOf(
  options: Pick<LoggerOptions, 'level' | 'pretty'>,
  use: (log: ReturnType<typeof createLogger>) => void,
): string {
  let text = ''
  use(createLogger({ ...options, destination: { write: line => void (text += line) } }))
  return text
}

test('a line is JSON with level name, time and fields', () => {
  const { log, lines } = testLogger()

  log
    .child({ component: 'firing-loop' })
    .info({ topic: 't1', count: 3, at: new Date(0), big: 1n }, 'batch fired')

  expect(lines).toEqual([
    {
      level: 'info',
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      component: 'firing-loop',
      topic: 't1',
      count: 3,
      at: '1970-01-01T00:00:00.000Z',
      big: '1',
      msg: 'batch fired',
    },
  ])
})

test('no secret and no body is written, at any depth, in errors and in the fields of child loggers', () => {
  const text = textOf({ level: 'trace', pretty: false }, log => {
    const err = new TestError('failed', {
      cause: new AggregateError([new TestError('inner', { details: { redisPassword: 'HIDDEN-1' } })]),
      details: { config: { adminToken: 'HIDDEN-2' } },
    })
    log
      .child({ password: 'HIDDEN-3', token: 'HIDDEN-4' })
      .error({ err, secret: { a: 'HIDDEN-5' } }, 'call failed')
    log.info(
      {
        body: 'HIDDEN-6',
        message: { payload: new Uint8Array([72, 73]), deep: [{ body: { a: 'HIDDEN-7' } }] },
      },
      'x',
    )
    log.info(
      {
        value: Buffer.from('HIDDEN-8'),
        url: 'mysql://root:HIDDEN-9@db/x',
        headers: { authorization: 'HIDDEN-0' },
      },
      'x',
    )
    log.error(new Error('cannot reach redis://:HIDDEN-A@host'))
  })

  expect(text).not.toContain('HIDDEN')
  expect(text).not.toContain(Buffer.from('HIDDEN-8').toString('base64'))
  expect(text).toContain('"body":"[8 characters]"')
  expect(text).toContain('"payload":"[2 bytes]"')
})

test('an error is written with its code, facts, causes and everything it aggregates', () => {
  const { log, lines } = testLogger()
  const cause = new AggregateError([new Error('one'), new TestError('two')], 'both failed')

  log.error({ err: new TestError('outer', { cause, details: { topic: 't1' } }) }, 'send failed')

  expect(lines[0]?.['err']).toMatchObject({
    type: 'TestError',
    message: 'outer',
    code: 'TEST_FAILED',
    details: { topic: 't1' },
    cause: { message: 'both failed', errors: [{ message: 'one' }, { message: 'two', code: 'TEST_FAILED' }] },
  })
})

test('a cycle in the fields does not hang or throw', () => {
  const { log, lines } = testLogger()
  const cycle: Record<string, unknown> = {}
  cycle['self'] = cycle

  log.info({ cycle }, 'x')

  expect(JSON.stringify(lines)).toContain('[too deep]')
})

test('lines below the level are not written', () => {
  const text = textOf({ level: 'warn', pretty: false }, log => log.info('quiet'))

  expect(text).toBe('')
})

test('pretty lines are for people and hide the same things', () => {
  const text = textOf({ level: 'info', pretty: true }, log =>
    log.info({ topic: 't1', password: 'HIDDEN' }, 'topic served'),
  )

  expect(text).toMatch(/INFO.*topic served/)
  expect(text).toContain('t1')
  expect(text).not.toContain('HIDDEN')
})
