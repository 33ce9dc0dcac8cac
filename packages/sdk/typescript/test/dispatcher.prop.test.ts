import { systemClock } from '@ddmq/common/clock'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type HandlingOptions, toHandlingSettings } from '../src/consumer/consumer-options.ts'
import { type DeliverySource, Dispatcher } from '../src/consumer/dispatcher.ts'
import type { OpenDelivery } from '../src/consumer/open-delivery.ts'

/** A handler whose calls the test ends one by one. */
class HeldHandler {
  readonly running: { readonly delivery: OpenDelivery; readonly end: (failed: boolean) => void }[] = []
  readonly started: OpenDelivery[] = []
  mostRunning = 0

  readonly handle = async (deliveries: readonly OpenDelivery[]): Promise<void> => {
    const [delivery] = deliveries
    if (delivery === undefined) return
    this.started.push(delivery)
    const failed = await new Promise<boolean>(resolve => {
      this.running.push({ delivery, end: resolve })
      this.mostRunning = Math.max(this.mostRunning, this.running.length)
    })
    if (failed) throw new Error('planted')
    delivery.ack()
  }

  end(choice: number, failed: boolean): void {
    const [ended] = this.running.splice(choice % Math.max(1, this.running.length), 1)
    ended?.end(failed)
  }
}

class RecordedSource implements DeliverySource {
  readonly outcomes: string[] = []

  record(context: { readonly qid?: string | undefined }, offset: number, outcome: string): void {
    this.outcomes.push(`${context.qid}@${offset} ${outcome}`)
  }
}

const arrival = fc.record({ qid: fc.constantFrom('q0', 'q1', 'q2'), count: fc.integer({ min: 1, max: 4 }) })
const ending = fc.record({ choice: fc.nat(), failed: fc.boolean() })
const script = fc.array(fc.oneof(arrival, ending), { maxLength: 40 })

test('SD-46 I1 I2 I3 handlers stay below the limit, queues stay in order, and each message gets one outcome', async () => {
  await fc.assert(
    fc.asyncProperty(script, fc.integer({ min: 1, max: 4 }), async (steps, concurrency) => {
      const handler = new HeldHandler()
      const source = new RecordedSource()
      const dispatcher = new Dispatcher(settings({ concurrency }), systemClock, handler.handle, false)
      const offsets = new Map<string, number>()
      let overlaps = 0
      for (const step of steps) {
        if ('qid' in step) {
          const from = offsets.get(step.qid) ?? 0
          offsets.set(step.qid, from + step.count)
          dispatcher.accept(pulled(step.qid, from, step.count), source)
        } else handler.end(step.choice, step.failed)
        await Promise.resolve().then(() => undefined)
        const lanes = handler.running.map(({ delivery }) => delivery.context.qid)
        overlaps += lanes.length - new Set(lanes).size
      }
      while (!dispatcher.isIdle) {
        handler.end(0, false)
        await new Promise(resolve => setImmediate(resolve))
      }

      expect(handler.mostRunning).toBeLessThanOrEqual(concurrency)
      expect(overlaps).toBe(0)
      for (const [qid, end] of offsets) {
        const started = handler.started.filter(({ context }) => context.qid === qid)
        expect(started.map(({ message }) => message.offset)).toEqual(
          Array.from({ length: end }, (_, offset) => offset),
        )
      }
      const total = [...offsets.values()].reduce((sum, end) => sum + end, 0)
      expect(new Set(source.outcomes.map(each => each.split(' ')[0])).size).toBe(total)
      expect(source.outcomes).toHaveLength(total)
    }),
    { numRuns: 50 },
  )
})

test('I4 a message delivered again by the same server while its handler runs is handled once', async () => {
  const handler = new HeldHandler()
  const source = new RecordedSource()
  const other = new RecordedSource()
  const dispatcher = new Dispatcher(settings({ ordering: 'none' }), systemClock, handler.handle, false)

  dispatcher.accept(pulled('q0', 0, 1), source)
  dispatcher.accept(pulled('q0', 0, 1), source)
  dispatcher.accept(pulled('q0', 0, 1), other)
  while (!dispatcher.isIdle) {
    handler.end(0, false)
    await new Promise(resolve => setImmediate(resolve))
  }

  expect(source.outcomes).toEqual(['q0@0 success'])
  expect(other.outcomes).toEqual(['q0@0 success'])
})

test('after an abort no handler starts, although those that run end and leave room', async () => {
  const started: OpenDelivery[] = []
  const source = new RecordedSource()
  const handle = async ([delivery]: readonly OpenDelivery[]): Promise<void> => {
    if (delivery === undefined) return
    started.push(delivery)
    await new Promise(resolve => delivery.signal.addEventListener('abort', resolve, { once: true }))
    delivery.ack()
  }
  const dispatcher = new Dispatcher(settings({ concurrency: 1 }), systemClock, handle, false)
  dispatcher.accept(pulled('q0', 0, 2), source)
  dispatcher.accept(pulled('q1', 0, 1), source)

  expect(await dispatcher.abort(new Error('stops'))).toBe(2)
  expect(started.map(({ message, context }) => `${context.qid}@${message.offset}`)).toEqual(['q0@0'])
  expect(source.outcomes).toEqual(['q0@0 success'])
})

function settings(options: Partial<HandlingOptions>) {
  return toHandlingSettings({ group: 'cg', ...options })
}

function pulled(qid: string, from: number, count: number) {
  return {
    context: { groupId: 'cg', topic: 't', qid },
    messages: Array.from({ length: count }, (_, index) => ({
      key: undefined,
      value: undefined,
      tag: undefined,
      offset: from + index,
      properties: undefined,
    })),
  }
}
