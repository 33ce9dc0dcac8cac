import type { Outcome } from '@ddmq/sdk'
import { eventually } from '@ddmq/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { RunningDdmq, unique } from './running-ddmq.ts'

let running: RunningDdmq
beforeAll(async () => {
  running = await RunningDdmq.start()
}, 60_000)
afterAll(() => running[Symbol.asyncDispose]())

test('CP-38 sub disable stops the delivery to a running consumer, and enable resumes it without a loss', async () => {
  const { topic, group } = await running.createQueue({ partitions: 2 })
  const producer = await running.producer()
  const consumer = await running.consumer(group)
  const handled: string[] = []
  void consumer.run(({ message }): Outcome => {
    handled.push(Buffer.from(message.body).toString())
    return 'SUCCESS'
  })
  const sendAll = async (bodies: readonly string[]): Promise<void> => {
    const { code } = await producer.sendBatch(bodies.map(body => ({ topic, body })))
    expect(code).toBe(0)
  }
  await sendAll(['before 1', 'before 2'])
  await eventually(() => expect(handled).toHaveLength(2))

  await running.ddmq.json('sub', 'disable', group, topic)
  await sendAll(['meanwhile 1', 'meanwhile 2', 'meanwhile 3'])
  // A pull that was parked when the change came would have got them by now.
  const ended = await running.ddmq.run('pull', group, '--wait', '500ms')
  const whileDisabled = [...handled]
  await running.ddmq.json('sub', 'enable', group, topic)
  await sendAll(['after'])

  expect(ended).toEqual({ code: 0, stdout: '', stderr: '' })
  expect(whileDisabled.toSorted()).toEqual(['before 1', 'before 2'])
  await eventually(() => expect(handled).toHaveLength(6))
  expect(handled.slice(2).toSorted()).toEqual(['after', 'meanwhile 1', 'meanwhile 2', 'meanwhile 3'])
})

test('PP-78 a topic that is created while a producer runs can be sent to as soon as the command ended', async () => {
  const topic = unique('new')
  const producer = await running.producer({ maxRetries: 0 })

  const early = await producer.send({ topic, body: 'early' })
  await running.ddmq.json('topic', 'create', topic)
  const now = await producer.send({ topic, body: 'now' })

  expect(early.code).toBe(13)
  expect(now).toMatchObject({ code: 0, attempts: 1 })
})

test('CP-54 a group that is made while its consumer polls already is served from then on', async () => {
  const topic = unique('t')
  const group = unique('cg_late')
  await running.ddmq.json('topic', 'create', topic)
  const consumer = await running.consumer(group)
  const handled: string[] = []
  void consumer.run(({ message }) => void handled.push(Buffer.from(message.body).toString()))

  await running.ddmq.json('group', 'create', group)
  await running.ddmq.json('sub', 'create', group, topic)
  await (await running.producer()).send({ topic, body: 'first' })

  await eventually(() => expect(handled).toEqual(['first']))
})
