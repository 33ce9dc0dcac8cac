import { describe, expect, test } from 'vitest'
import type { PushReply } from '../../src/core/push/ports.ts'
import { judge } from '../../src/core/push/push-response.ts'

function response(status: number, body: string, truncated = false): PushReply {
  return { kind: 'response', status, body, truncated }
}

describe('judging a response', () => {
  test.each([201, 202, 204, 301, 302, 304, 400, 404, 429, 500, 503])(
    'CP-43 status %i is an error',
    status => {
      expect(judge(response(status, '{"errno":0}'))).toBe('errorRetry')
    },
  )

  test('no response is an error, a URL that may not be called is refused', () => {
    expect(judge({ kind: 'failed', message: 'reset' })).toBe('errorRetry')
    expect(judge({ kind: 'refused', message: 'private' })).toBe('refused')
  })

  test.each([
    '',
    ' \n',
    'ok',
    '[{"errno":7}]',
    'null',
    '7',
    '{"x":1}',
    '{not json',
    '{"errno":null}',
    '{"errno":""}',
    '{"errno":"null"}',
    '{"errno":{"a":1}}',
    '{"errno":[7]}',
    '{"errno":0}',
    '{"errno":"0"}',
    '{"errno":false}',
    '{"errno":0.9}',
    '{"errno":-0.9}',
    '{"errno":1000001}',
  ])('CP-42 CP-45 %j is success', body => {
    expect(judge(response(200, body))).toBe('success')
  })

  test.each(['{"errno":"abc"}', '{"errno":"7x"}', '{"errno":" "}', '{"errno":"1e3"}', '{"errno":"true"}'])(
    'CP-46 %s is a bad response',
    body => {
      expect(judge(response(200, body))).toBe('badResponse')
    },
  )

  test.each([
    ['{"errno":1000000}', 'slowDown'],
    ['{"errno":"1,000,000"}', 'slowDown'],
    ['{"errno":1e6}', 'slowDown'],
    ['{"errno":1000002}', 'freeRetry'],
    ['{"errno":"1000002"}', 'freeRetry'],
    ['{"errno":7}', 'businessRetry'],
    ['{"errno":-1}', 'businessRetry'],
    ['{"errno":true}', 'businessRetry'],
    ['{"errno":1.9}', 'businessRetry'],
    ['{"errno":12345678901234567890123}', 'businessRetry'],
    ["{errno:'7',}", 'businessRetry'],
  ])('CP-44 CP-45 %s means %s', (body, verdict) => {
    expect(judge(response(200, body))).toBe(verdict)
  })

  test('a body cut off is success only when it cannot be an object', () => {
    expect(judge(response(200, '<html>', true))).toBe('success')
    expect(judge(response(200, '{"errno":0', true))).toBe('errorRetry')
  })
})
