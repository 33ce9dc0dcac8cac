import { type ConsumedMessage, consumerService, type DelayMessage, producerService } from '@ddmq/common/idl'
import { expect, test } from 'vitest'
import { runDelay, runSendDelayed } from '../src/index.ts'
import { startFake } from './fake-server.ts'

interface FakeOptions {
  /** Answers the code of a send, by its number. */
  readonly code?: (count: number) => number
  /** What is delivered of a message that is due. */
  readonly deliver?: (count: number) => number
  readonly earlyMs?: number
}

/** Both proxies of a delay service in one server. */
async function startDelayService({ code = () => 0, deliver = () => 1, earlyMs = 0 }: FakeOptions = {}) {
  const accepted: DelayMessage[] = []
  let waiting: { readonly dueMs: number; readonly body: Uint8Array | undefined }[] = []
  let count = 0
  const address = await startFake(
    {
      sendDelaySync: producerService.sendDelaySync,
      pull: consumerService.pull,
      submit: consumerService.submit,
    },
    {
      sendDelaySync: ({ delayMessage }) => {
        const number = count++
        if (code(number) !== 0 || delayMessage === undefined) return { code: code(number), msg: 'refused' }
        accepted.push(delayMessage)
        const { timestamp = 0, milliseconds = 0, body } = delayMessage
        const dueMs = timestamp * 1000 + milliseconds
        for (let copy = 0; copy < deliver(number); copy++) waiting.push({ dueMs, body })
        return { code: 0, msg: 'OK', uniqDelayMsgId: 'id' }
      },
      pull: () => {
        const untilMs = Date.now() + earlyMs
        const due = waiting.filter(({ dueMs }) => dueMs <= untilMs)
        const messages = due.map(
          ({ body }, offset): ConsumedMessage => ({
            key: undefined,
            value: body,
            tag: undefined,
            offset,
            properties: undefined,
          }),
        )
        waiting = waiting.filter(({ dueMs }) => dueMs > untilMs)
        return { context: {}, messages }
      },
      submit: () => true,
    },
  )
  return { address, accepted }
}

function optionsFor(address: { readonly host: string; readonly port: number }) {
  return {
    addresses: [address],
    consumers: [address],
    connections: 2,
    topic: 'later',
    group: 'cg',
    messages: 60,
    bodyBytes: 100,
    afterMs: 300,
    spanMs: 200,
    patienceMs: 300,
  }
}

test('a delay run reports what was delivered, how late, and what was refused', async () => {
  const { address, accepted } = await startDelayService({ code: count => (count % 3 === 2 ? 33 : 0) })

  const report = await runDelay(optionsFor(address))

  expect(report.sent).toMatchObject({ messages: 40, errors: { 33: 20 } })
  expect(report).toMatchObject({ delivered: 40, early: 0, missing: 0, duplicates: 0, pullErrors: {} })
  expect(new Set(accepted.map(({ uuid }) => uuid)).size).toBe(40)
  expect(
    accepted.every(({ body, action, dmsgtype }) => body?.length === 100 && action === 1 && dmsgtype === 2),
  ).toBe(true)
})

test('a delay run notices what came early, twice or never', async () => {
  const { address } = await startDelayService({ deliver: count => [0, 2][count] ?? 1, earlyMs: 10_000 })

  const report = await runDelay(optionsFor(address))

  expect(report).toMatchObject({ delivered: 59, early: 60, missing: 1, duplicates: 1 })
})

test('messages that stay pending are due evenly over the span', async () => {
  const { address, accepted } = await startDelayService()

  const report = await runSendDelayed({
    ...optionsFor(address),
    messages: 10,
    firstDueMs: 1_800_000_000_000,
    spanMs: 5_000,
  })

  expect(report.messages).toBe(10)
  const dueMs = accepted.map(({ timestamp = 0, milliseconds = 0 }) => timestamp * 1000 + milliseconds)
  expect(dueMs.toSorted((one, other) => one - other)).toEqual(
    Array.from({ length: 10 }, (_, number) => 1_800_000_000_000 + number * 500),
  )
})
