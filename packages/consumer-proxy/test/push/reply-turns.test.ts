import { eventually } from '@ddmq/testkit'
import { afterEach, expect, test } from 'vitest'
import { Exchange } from '../../src/adapters/http-push/exchange.ts'
import { ReplyTurns } from '../../src/adapters/http-push/reply-turns.ts'
import type { PushReply } from '../../src/core/push/ports.ts'

const LONG_MS = 60_000

afterEach(() => process.setUncaughtExceptionCaptureCallback(null))

test('one that throws when it is told is an uncaught error, and the others of its turn are told', async () => {
  const uncaught: unknown[] = []
  process.setUncaughtExceptionCaptureCallback(thrown => void uncaught.push(thrown))
  const turns = new ReplyTurns()
  const told: string[] = []
  const failing = (name: string): void => {
    told.push(name)
    throw new Error(name)
  }

  turns.add({ tell: () => void told.push('a') })
  turns.add({ tell: () => failing('b') })
  turns.add({ tell: () => failing('c') })
  turns.add({ tell: () => void told.push('d') })

  await eventually(() => expect(uncaught).toEqual([new Error('b'), new Error('c')]))
  await eventually(() => expect(told).toEqual(['a', 'b', 'c', 'd']))
})

test('a request that is cancelled between the end of its response and the telling of it is not told of', async () => {
  const turns = new ReplyTurns()
  const told: string[] = []
  const exchange = (name: string, onReply?: (reply: PushReply) => void): Exchange =>
    new Exchange(LONG_MS, reply => (told.push(name), onReply?.(reply)), turns)
  const atOnce = exchange('cancelled at once')
  const byOther = exchange('cancelled by another of its turn')
  const other = exchange('other', () => byOther.cancel())
  const last = exchange('last')

  for (const each of [atOnce, other, byOther, last]) each.onResponseEnd()
  atOnce.cancel()

  await eventually(() => expect(told).toContain('last'))
  expect(told).toEqual(['other', 'last'])
})
