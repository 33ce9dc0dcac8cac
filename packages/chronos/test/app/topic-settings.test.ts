import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { EmbeddedRegistry, type TopicConfig, topicConfigSchema } from '@ddmq/common/registry'
import { eventually, FakeClock, tempDir, testLogger } from '@ddmq/testkit'
import { expect, test } from 'vitest'
import { FollowedTopics } from '../../src/app/topic-settings.ts'

function document(topic: string, delay?: TopicConfig['delay']): TopicConfig {
  return topicConfigSchema.parse({
    topic,
    delayTopic: true,
    topicUnits: [
      { brokerCluster: 'c1', totalMaxTps: 300 },
      { brokerCluster: 'c2', totalMaxTps: 700 },
    ],
    delay,
  })
}

async function fixture(maxTopics?: number) {
  const dir = await tempDir()
  const { log, withMessage } = testLogger()
  const registry = new EmbeddedRegistry({ dir: dir.path, log })
  await registry.start()
  const clock = new FakeClock()
  const open = { count: 0 }
  let failures = 0
  const topics = new FollowedTopics({
    registry: {
      async watch(kind, name, listener) {
        if (failures-- > 0) throw new Error('the tree does not answer')
        const watch = await registry.watch(kind, name, listener)
        open.count++
        return { close: () => (open.count--, watch.close()) }
      },
    },
    cluster: 'c2',
    clock,
    log,
    ...(maxTopics !== undefined && { maxTopics }),
  })
  return {
    dir: dir.path,
    registry,
    clock,
    topics,
    open,
    withMessage,
    failNext: (count: number) => void (failures = count),
    async [Symbol.asyncDispose]() {
      topics.close()
      await registry.stop()
      await dir[Symbol.asyncDispose]()
    },
  }
}

test('settings are unseen at first, then those of the document, and follow its changes', async () => {
  await using f = await fixture()
  await f.registry.put('topic', 't', document('t'))

  expect(f.topics.get('t').seen).toBe(false)
  await eventually(() =>
    expect(f.topics.get('t')).toEqual({
      seen: true,
      exists: true,
      paused: false,
      misfire: 'all',
      maxTps: 700,
    }),
  )
  await f.registry.put('topic', 't', document('t', { misfire: 'latest', paused: true }))
  expect(f.topics.get('t')).toMatchObject({ misfire: 'latest', paused: true })
  await f.registry.delete('topic', 't')
  expect(f.topics.get('t')).toEqual({
    seen: true,
    exists: false,
    paused: false,
    misfire: 'all',
    maxTps: undefined,
  })
})

test('a topic without a document has the defaults, until there is one', async () => {
  await using f = await fixture()
  f.topics.get('t')
  await eventually(() => expect(f.topics.get('t')).toMatchObject({ seen: true, exists: false }))

  await f.registry.put('topic', 't', document('t', { misfire: 'skip', paused: false }))

  expect(f.topics.get('t')).toMatchObject({ exists: true, misfire: 'skip' })
})

test('a document that cannot be used keeps its topic unseen, because it may be paused, until there is a good one', async () => {
  await using f = await fixture()
  await f.registry.put('topic', 't', document('t', { misfire: 'all', paused: true }))
  await writeFile(join(f.dir, 'topic', 't.json'), '{ "topic": "t", "delay": { "paused": ')
  f.topics.get('t')
  await eventually(() => expect(f.registry.problems()).toHaveLength(1))
  await eventually(() => expect(f.open.count).toBe(1))

  expect(f.topics.get('t').seen).toBe(false)

  await f.registry.put('topic', 't', document('t', { misfire: 'skip', paused: true }))
  expect(f.topics.get('t')).toMatchObject({ seen: true, paused: true, misfire: 'skip' })
})

test('a config tree that does not answer is asked again', async () => {
  await using f = await fixture()
  f.failNext(2)
  await f.registry.put('topic', 't', document('t'))
  f.topics.get('t')

  await eventually(async () => {
    await f.clock.advance(1_000)
    expect(f.topics.get('t').seen).toBe(true)
  })
  expect(f.withMessage('settings of a topic cannot be read')).toHaveLength(1)
})

test('a topic that nobody asks for is forgotten after an hour, and followed again when somebody does', async () => {
  await using f = await fixture()
  f.topics.get('idle')
  f.topics.get('used')
  await eventually(() => expect(f.open.count).toBe(2))

  await f.clock.advance(3_599_000)
  f.topics.get('used')
  expect(f.topics.size).toBe(2)
  await f.clock.advance(61_000)
  f.topics.get('used')
  expect([f.topics.size, f.open.count]).toEqual([1, 1])

  f.topics.get('idle')
  await eventually(() => expect(f.topics.get('idle').seen).toBe(true))
})

test('no more topics are followed than allowed: the one not asked for longest makes room', async () => {
  await using f = await fixture(2)
  for (const topic of ['a', 'b', 'a']) f.topics.get(topic)
  await eventually(() => expect(f.open.count).toBe(2))
  await f.clock.advance(60_000)
  f.topics.get('a')
  f.topics.get('c')
  await eventually(() => expect(f.topics.get('c').seen).toBe(true))
  expect([f.topics.size, f.open.count]).toEqual([2, 2])

  expect(f.topics.get('a').seen).toBe(true)
  f.topics.close()
  expect([f.topics.size, f.open.count, f.topics.get('a').seen]).toEqual([0, 0, false])
})

test('more topics in use than allowed are seen all the same, until some are not asked for any more', async () => {
  await using f = await fixture(2)
  const topics = ['a', 'b', 'c', 'd', 'e']

  await eventually(() => expect(topics.filter(topic => !f.topics.get(topic).seen)).toEqual([]))

  await f.clock.advance(61_000)
  f.topics.get('e')
  expect([f.topics.size, f.open.count]).toEqual([2, 2])
})
