import fc from 'fast-check'
import { expect, test } from 'vitest'
import { planChains } from '../src/producer/send-chains.ts'
import { type FakeProducerProxy, startProducerProxy } from './support/fake-producer-proxy.ts'
import { testProducer } from './support/producer.ts'

const bodies = (proxy: FakeProducerProxy) => proxy.received.map(({ body }) => Buffer.from(body!).toString())
const numbered = (count: number, hashId?: number) =>
  Array.from({ length: count }, (_, index) => ({
    topic: 't',
    body: String(index),
    ...(hashId === undefined ? {} : { hashId }),
  }))

test('SD-37 a parallel batch of one hash id arrives in order and gives one result each', async () => {
  const proxy = await startProducerProxy()
  const producer = await testProducer([proxy.endpoint])

  const { code, results } = await producer.sendBatch(numbered(10, 100), { mode: 'parallel' })

  expect(code).toBe(0)
  expect(results.map(result => result.code)).toEqual(results.map(() => 0))
  expect(results).toHaveLength(10)
  expect(bodies(proxy)).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
})

test('every message is in exactly one chain, and a chain keeps the order of its list', () => {
  const message = fc.record(
    {
      topic: fc.constantFrom('a', 'b'),
      body: fc.constant('x'),
      hashId: fc.oneof(fc.integer(), fc.bigInt(), fc.constantFrom('1', '2')),
    },
    { requiredKeys: ['topic', 'body'] },
  )
  fc.assert(
    fc.property(fc.array(message, { maxLength: 30 }), messages => {
      const chains = planChains(messages)

      expect(chains.flat().toSorted((a, b) => a - b)).toEqual(messages.map((_, index) => index))
      expect(chains.map(chain => chain.toSorted((a, b) => a - b))).toEqual(chains)
      for (const chain of chains) expect(new Set(chain.map(index => messages[index]?.topic)).size).toBe(1)
    }),
  )
})

test('an rpc batch is one request and its answer is everybody’s', async () => {
  const proxy = await startProducerProxy()
  const producer = await testProducer([proxy.endpoint])
  proxy.codes.push(14)

  const { code, results } = await producer.sendBatch(numbered(3))

  expect(code).toBe(14)
  expect(results.map(result => [result.code, result.attempts])).toEqual([
    [14, 1],
    [14, 1],
    [14, 1],
  ])
  expect(new Set(results.map(({ key }) => key)).size).toBe(3)
  expect(proxy.requests).toEqual([3])
})

test('an rpc batch with one bad message is refused as a whole, naming it', async () => {
  const proxy = await startProducerProxy()
  const producer = await testProducer([proxy.endpoint])

  const { results } = await producer.sendBatch([
    { topic: 't', body: 'x' },
    { topic: 't', body: '' },
  ])

  expect(results.map(({ code, message }) => [code, message])).toEqual(
    results.map(() => [11, 'message 1: body is empty']),
  )
  expect(proxy.requests).toEqual([])
})

test('an ordered batch stops at the first failure and says so of the rest', async () => {
  const proxy = await startProducerProxy()
  const producer = await testProducer([proxy.endpoint])
  proxy.codes.push(0, 13)

  const { code, results } = await producer.sendBatch(numbered(4), { mode: 'ordered' })

  expect(code).toBe(13)
  expect(results.map(result => [result.code, result.attempts])).toEqual([
    [0, 1],
    [13, 1],
    [13, 0],
    [13, 0],
  ])
  expect(bodies(proxy)).toEqual(['0', '1'])
})

test('an empty batch is a success without a request', async () => {
  const proxy = await startProducerProxy()
  const producer = await testProducer([proxy.endpoint])

  expect(await producer.sendBatch([])).toEqual({ code: 0, results: [] })
  expect(proxy.gate.accepted).toBe(0)
})
