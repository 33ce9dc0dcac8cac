import { DELAY_TYPES } from '@ddmq/common/delay'
import { RETRY_WINDOW_MS } from '@ddmq/storage/delay'
import { expect, test } from 'vitest'
import { messageOf, START_MS } from './messages.ts'
import { type Add, type Cancel, expectedOf } from './reference.ts'

const DUE = START_MS + 5_000
const messages = [
  messageOf(
    {
      topic: 'later-0',
      shard: 0,
      dueMs: 5_000,
      type: DELAY_TYPES.loop,
      times: 2,
      intervalSeconds: 3,
      expireSeconds: 60,
    },
    0,
  ),
]

function added(sentMs: number, extra: Partial<Add> = {}): Add {
  return { message: 0, sentMs, ackedMs: sentMs + 10, ...extra }
}

function cancelled(sentMs: number, extra: Partial<Cancel> = {}): Cancel {
  return { ...added(sentMs), round: 0, untilMs: sentMs + RETRY_WINDOW_MS, ...extra }
}

test.each<[string, readonly Add[], readonly Cancel[], readonly string[]]>([
  ['never without an add', [], [], ['0-0', '0-0']],
  ['once for an add', [added(START_MS)], [], ['1-1', '1-1']],
  ['once for an add and its retries', [added(START_MS), added(DUE + 60_000)], [], ['1-1', '1-1']],
  [
    'perhaps again after the retry window',
    [added(START_MS), added(DUE + RETRY_WINDOW_MS)],
    [],
    ['1-2', '1-2'],
  ],
  ['perhaps without an answer', [{ message: 0, sentMs: START_MS }], [], ['0-1', '0-1']],
  ['perhaps when power loss took the add', [added(START_MS, { isCut: true })], [], ['0-1', '0-1']],
  ['never after a cancel in time', [added(START_MS)], [cancelled(START_MS + 100)], ['0-0', '0-0']],
  ['only before the round of a cancel', [added(START_MS)], [cancelled(DUE, { round: 1 })], ['1-1', '0-0']],
  ['perhaps around a cancel', [added(START_MS)], [cancelled(DUE - 5)], ['0-1', '0-0']],
  [
    'never after a cancel that came before a late add',
    [added(DUE + 50_000)],
    [cancelled(DUE)],
    ['0-0', '0-0'],
  ],
])('expects it %s', (_case, adds, cancels, expected) => {
  const history = { messages, adds: [...adds], cancels: [...cancels], repeats: 0, lost: new Set<string>() }

  const found = [0, 1].map(round => {
    const { min, max } = expectedOf(history, 0, round)
    return `${min}-${max}`
  })

  expect(found).toEqual(expected)
})
