import { parseDelayId } from '@ddmq/common/delay'
import { eventually, tempDir } from '@ddmq/testkit'
import { expect, onTestFinished, test } from 'vitest'
import { Ddmq } from './ddmq-process.ts'

const TOPIC = 'later'
const GROUP = 'cg_later'

/** An `up` with a topic of delayed messages, and a group that has all that is delivered. */
async function startDdmq(): Promise<Ddmq> {
  const home = await tempDir()
  onTestFinished(() => home[Symbol.asyncDispose]())
  const ddmq = new Ddmq(home.path)
  await ddmq.up()
  await ddmq.json('topic', 'create', TOPIC, '--delay')
  await ddmq.json('group', 'create', GROUP)
  await ddmq.json('sub', 'create', GROUP, TOPIC, '--from', 'earliest')
  return ddmq
}

interface Sent {
  readonly delayId: string
  readonly dueMs: number
}

async function sendDelay(ddmq: Ddmq, body: string, ...options: readonly string[]): Promise<Sent> {
  const [sent] = await ddmq.json('delay', 'send', TOPIC, body, ...options)
  return { delayId: String(sent?.['delayId']), dueMs: Number(sent?.['dueMs']) }
}

interface Pulled {
  readonly body: unknown
  readonly key: string
  /** When it was printed. */
  readonly atMs: number
}

/** Pulls until so many came, or none for so long. */
async function pull(ddmq: Ddmq, max: number, wait: string): Promise<readonly Pulled[]> {
  const pulled: Pulled[] = []
  const { child, finished } = ddmq.start('pull', GROUP, '--max', String(max), '--wait', wait, '--json')
  let rest = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    const lines = `${rest}${chunk.toString()}`.split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const { body, key } = JSON.parse(line) as { body: unknown; key: string }
      pulled.push({ body, key, atMs: Date.now() })
    }
  })
  const { code, stderr } = await finished
  expect([code, stderr]).toEqual([0, ''])
  return pulled
}

/** When the round with this key is due; all rounds are at the millisecond of the first. */
function dueMsOf(key: string, { dueMs }: Sent): number {
  const id = parseDelayId(key)
  return typeof id === 'string' ? Number.NaN : id.timestamp * 1000 + (dueMs % 1000)
}

async function until(timeMs: number): Promise<void> {
  await eventually(() => expect(Date.now()).toBeGreaterThan(timeMs), 60_000)
}

test('SD-11 CH-24 a message with any tag is pulled once, not before its time, under its id', async () => {
  const ddmq = await startDdmq()

  const sent = await sendDelay(ddmq, 'hello', '--after', '5s', '--tags', 'Zx81kQ0pLmN7rT2v')
  const first = await pull(ddmq, 1, '60s')
  const second = await pull(ddmq, 1, '2s')

  expect(first).toMatchObject([{ body: 'hello', key: sent.delayId }])
  expect(first[0]?.atMs).toBeGreaterThanOrEqual(sent.dueMs)
  expect(second).toEqual([])
}, 120_000)

test('CH-32 a loop of three is pulled three times, no round before its time, and not again', async () => {
  const ddmq = await startDdmq()

  const sent = await sendDelay(ddmq, 'tick', '--every', '3s', '--times', '3')
  const pulled = await pull(ddmq, 3, '60s')
  const more = await pull(ddmq, 1, '5s')

  const dues = pulled.map(({ key }) => dueMsOf(key, sent))
  expect(dues).toEqual([sent.dueMs, sent.dueMs + 3000, sent.dueMs + 6000])
  expect(pulled.filter(({ atMs }, index) => atMs < (dues[index] ?? Infinity))).toEqual([])
  expect(more).toEqual([])
}, 120_000)

test('CH-38 CH-40 after a cancel nothing comes that is due later, of a message or of a loop', async () => {
  const ddmq = await startDdmq()
  const once = await sendDelay(ddmq, 'once', '--after', '8s')
  const loop = await sendDelay(ddmq, 'tick', '--every', '3s', '--times', '30')
  const [first] = await pull(ddmq, 1, '60s')

  await ddmq.json('delay', 'cancel', TOPIC, once.delayId)
  await ddmq.json('delay', 'cancel', TOPIC, String(first?.key))
  const cancelledMs = Date.now()
  await until(once.dueMs)
  const later = await pull(ddmq, 30, '5s')

  expect(first).toMatchObject({ body: 'tick', key: loop.delayId })
  const dueOf = ({ body, key }: Pulled): number => dueMsOf(key, body === 'once' ? once : loop)
  expect(later.filter(message => !(dueOf(message) <= cancelledMs))).toEqual([])
}, 120_000)

test('CH-28 what became due while `up` was killed is delivered when it is back, once', async () => {
  const ddmq = await startDdmq()
  const sent = await sendDelay(ddmq, 'kept', '--after', '4s')

  await ddmq.kill('SIGKILL')
  await until(sent.dueMs)
  await ddmq.up()
  const first = await pull(ddmq, 1, '60s')
  const second = await pull(ddmq, 1, '3s')

  expect(first).toMatchObject([{ body: 'kept', key: sent.delayId }])
  expect(second).toEqual([])
}, 120_000)

test('what waits can be looked at, and waits longer while its topic is paused', async () => {
  const ddmq = await startDdmq()
  await ddmq.json('delay', 'pause', TOPIC)
  const second = Math.ceil(Date.now() / 1000) + 5
  const sent = await sendDelay(ddmq, 'seen', '--at', String(second))

  await eventually(async () => {
    const [shown] = await ddmq.json('delay', 'show', TOPIC, sent.delayId)
    expect(shown).toMatchObject({ topic: TOPIC, id: sent.delayId, round: 0, dueMs: second * 1000 })
  }, 60_000)
  const [stats] = await ddmq.json('delay', 'stats')
  await until(sent.dueMs)
  const paused = await pull(ddmq, 1, '3s')
  await ddmq.json('delay', 'resume', TOPIC)
  const resumed = await pull(ddmq, 1, '60s')

  expect(stats).toMatchObject({ topics: [{ topic: TOPIC, pending: 1 }], problems: [] })
  expect(paused).toEqual([])
  expect(resumed).toMatchObject([{ body: 'seen', key: sent.delayId }])
}, 180_000)
