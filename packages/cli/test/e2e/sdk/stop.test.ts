import { join } from 'node:path'
import { producerService } from '@ddmq/common/idl'
import { CompactReader, CompactWriter, MessageType } from '@ddmq/common/thrift'
import type { Outcome } from '@ddmq/sdk'
import { eventually, spawnNode, tempDir } from '@ddmq/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openSocket, readFrame } from './raw-socket.ts'
import { RunningDdmq } from './running-ddmq.ts'
import { bodiesOf, consume, pull, sendSync, submit, wireMessage } from './wire-calls.ts'

let running: RunningDdmq
beforeAll(async () => {
  running = await RunningDdmq.start()
}, 60_000)
afterAll(() => running[Symbol.asyncDispose]())

test('PP-85 at SIGTERM each of 100 requests under way is answered, what is answered 0 is kept, and the exit code is 0', async () => {
  const { topic, group } = await running.createQueue()
  const connections = await Promise.all(Array.from({ length: 10 }, () => running.connect(9613)))
  for (const connection of connections) {
    await sendSync(connection, wireMessage(topic, { body: Buffer.from('before') }))
  }

  // While the process is halted nothing can be answered: all 100 are under way when it gets the signal.
  process.kill(running.ddmq.pid, 'SIGSTOP')
  const calls = connections.flatMap((connection, at) =>
    Array.from({ length: 10 }, (_, n) =>
      sendSync(connection, wireMessage(topic, { body: Buffer.from(`${at}-${n}`) })),
    ),
  )
  const { pid } = running.ddmq
  const exit = running.ddmq.kill('SIGTERM')
  process.kill(pid, 'SIGCONT')
  const codes = (await Promise.all(calls)).map(({ code }) => code)

  expect(await exit).toBe(0)
  expect(codes.filter(code => code !== 0 && code !== 20)).toEqual([])
  await running.up()
  const stored = 10 + codes.filter(code => code === 0).length
  const consumer = await running.connect(9713)
  expect(await consume(consumer, group, stored)).toHaveLength(stored)
  expect((await pull(consumer, group, { maxLingerTime: 100 })).messages).toEqual([])
})

test('SD-21 a send that arrives while the proxy drains gets 20 and the exit code is 0', async () => {
  const { topic } = await running.createQueue()
  const writer = new CompactWriter()
  const mark = writer.frameBegin()
  writer.messageBegin('sendSync', MessageType.call, 7)
  producerService.sendSync.writeArgs(writer, {
    message: wireMessage(topic, { body: Buffer.from('late') }),
    timeout: 1000,
  })
  writer.frameEnd(mark)
  const frame = writer.take()
  const socket = await openSocket(running.ddmq.port(9613))
  // An unfinished request keeps its connection open when the drain begins.
  socket.write(frame.subarray(0, 10))
  await sendSync(await running.connect(9613), wireMessage(topic, { body: Buffer.from('in time') }))

  const exit = running.ddmq.kill('SIGTERM')
  await eventually(() => expect(openSocket(running.ddmq.port(9613))).rejects.toThrow('ECONNREFUSED'))
  socket.write(frame.subarray(10))
  const reader = new CompactReader()
  const reply = await readFrame(socket)
  reader.reset(reply, 0, reply.length)
  reader.messageBegin()

  expect(producerService.sendSync.readResult(reader)).toMatchObject({ code: 20 })
  expect(await exit).toBe(0)
  await running.up()
})

test('CP-55 after SIGTERM what was confirmed does not come again, and everything else does', async () => {
  const { topic, group } = await running.createQueue({ subscription: { timeoutMs: 60_000 } })
  const producer = await running.producer()
  for (let n = 0; n < 10; n++) await producer.send({ topic, body: String(n) })
  const before = await running.connect(9713)
  const held = await pull(before, group, { maxBatchSize: 8 })
  const [a, b, c] = held.messages
  const successOffsets = [a, b, c, held.messages.at(-1)].map(message => message?.offset ?? -1)
  await submit(before, { context: held.context, successOffsets })

  const code = await running.ddmq.kill('SIGTERM')
  await running.up()
  const after = await consume(await running.connect(9713), group, 7)

  expect(code).toBe(0)
  expect(bodiesOf(held)).toEqual(['0', '1', '2', '3', '4', '5', '6', '7'])
  // Positions are stored by the lowest unfinished message: 7 was confirmed above a gap and comes again.
  expect(after).toEqual(['3', '4', '5', '6', '7', '8', '9'])
})

test('a producer and a consumer of the SDK live through a restart of the process, and nothing acknowledged is lost', async () => {
  const { topic, group } = await running.createQueue({ partitions: 4 })
  const producer = await running.producer({ maxRetries: 1000, backoffMaxMs: 100 })
  const consumer = await running.consumer(group, { concurrency: 4 })
  const handled: string[] = []
  void consumer.run(({ message }): Outcome => {
    handled.push(Buffer.from(message.body).toString())
    return 'SUCCESS'
  })
  const bodies = Array.from({ length: 400 }, (_, n) => String(n))
  const results = bodies.map(body => producer.send({ topic, body }))
  await eventually(() => expect(handled.length).toBeGreaterThan(0))

  const code = await running.ddmq.kill('SIGTERM')
  const more = bodies.map(body => producer.send({ topic, body: `more ${body}` }))
  await running.up()
  const codes = (await Promise.all([...results, ...more])).map(result => result.code)

  expect(code).toBe(0)
  expect(new Set(codes)).toEqual(new Set([0]))
  await eventually(() => expect(new Set(handled).size).toBe(800))
})

test('PP-76 a producer proxy without a document of its own ends with 1 and a line that names the document', async () => {
  await using dir = await tempDir()
  await using proxy = spawnNode(join(import.meta.dirname, 'lone-producer-proxy.ts'), [dir.path])

  const { code } = await proxy.exited

  expect(code).toBe(1)
  expect(proxy.lines.at(-1)).toMatch(/"level":"fatal".*\/pproxy\/127\.0\.0\.1:\d+/)
})
