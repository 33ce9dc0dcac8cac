import type { StorageErrorKind } from '@ddmq/storage'
import { describe, expect, it } from 'vitest'
import { outcomeOf, RESULT_CODE, RESULT_OF_STORAGE_ERROR } from '../../src/core/result-code.ts'

const CODES: Readonly<Record<StorageErrorKind, number>> = {
  retriable: 10,
  outcomeUnknown: 12,
  fenced: 10,
  overload: 15,
  tooLarge: 11,
  unknownTopic: 14,
  topicExists: 10,
  invalid: 11,
  offsetOutOfRange: 10,
  unavailable: 10,
  corrupt: 10,
}

describe('result codes', () => {
  it.each(Object.entries(CODES) as [StorageErrorKind, number][])(
    'answers storage kind %s with code %i',
    (kind, code) => {
      expect(RESULT_CODE[RESULT_OF_STORAGE_ERROR[kind]]).toBe(code)
    },
  )

  it('never answers a failure of the storage with 0 or less', () => {
    for (const kind of Object.keys(CODES) as StorageErrorKind[]) {
      expect(outcomeOf(RESULT_OF_STORAGE_ERROR[kind]).code).toBeGreaterThan(0)
    }
  })

  it('keeps the text of the wire at the front of a text with a reason', () => {
    expect(outcomeOf('FAIL_TOPIC_NOT_ALLOWED', 'message 2').msg).toBe(
      'FAILED: Topic is not in the proxy white list: message 2',
    )
  })
})
