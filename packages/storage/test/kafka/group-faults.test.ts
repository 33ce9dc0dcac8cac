import type { KafkaCluster } from '@ddmq/storage/kafka'
import { eventually, faultRounds, type KafkaServers, kafkaMissing, startKafka } from '@ddmq/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { coordinatorOf, FAIL_OVER_MS, LONG_SESSION_MS, PARTITIONS, Scene, SESSION_MS } from './group-scene.ts'
import { openKafka } from './kafka-cluster.ts'
import type { MemberEvent } from './member-events.ts'

const SOUND = { lost: [], overlaps: [], isInOrder: true }

const missing = kafkaMissing()
const needs = missing === undefined ? '' : ` (needs Kafka 4.x: ${missing})`

describe.skipIf(missing !== undefined)(`groups on three brokers${needs}`, () => {
  let kafka: KafkaServers
  let cluster: KafkaCluster
  /** No outage lasts as long as a session here. */
  let patient: KafkaCluster

  beforeAll(async () => {
    kafka = await startKafka({ brokers: 3 })
    cluster = await openKafka(kafka.bootstrapServers, { settings: { sessionTimeoutMs: SESSION_MS } })
    patient = await openKafka(kafka.bootstrapServers, { settings: { sessionTimeoutMs: LONG_SESSION_MS } })
  }, 120_000)
  afterAll(async () => {
    await Promise.all([cluster?.stop(), patient?.stop()])
    await kafka?.[Symbol.asyncDispose]()
  })

  /** Two members in this process with three partitions each, and records that flow. */
  async function twoMembers(by = cluster): Promise<Scene> {
    const scene = new Scene(kafka, by)
    await scene.begin('a', 'b')
    await eventually(() => expect([scene.held('a').length, scene.held('b').length]).toEqual([3, 3]), 30_000)
    return scene
  }

  /** Returns when the coordinator is back. */
  async function killCoordinator(scene: Scene): Promise<void> {
    const victim = await coordinatorOf(scene)
    await kafka.broker(victim).kill()
    await scene.moreAppends()
    await kafka.start()
  }

  test('keeps what it has over kill −9 of the coordinator and its return within the session', async () => {
    for (let round = 0; round < faultRounds(1, 5); round++) {
      const scene = await twoMembers(patient)

      await killCoordinator(scene)

      const verdict = await scene.verdict()
      expect(verdict).toMatchObject(SOUND)
      expect(scene.count('lost')).toBe(0)
      report(`coordinator killed: ${verdict.figures}`)
      await scene.end()
    }
  }, 300_000)

  test('goes on after a kill −9 of the coordinator that lasts longer than the session', async () => {
    const scene = await twoMembers()

    await killCoordinator(scene)

    const verdict = await scene.verdict()
    expect(verdict).toMatchObject(SOUND)
    report(`coordinator away for long: ${verdict.figures}`)
    await scene.end()
  }, 300_000)

  test('keeps what it has when its coordinator stops in good order and another takes over', async () => {
    const scene = await twoMembers(patient)
    const leaving = await coordinatorOf(scene)

    await kafka.broker(leaving).stop()
    await scene.moreAppends()
    await kafka.start()

    const verdict = await scene.verdict()
    expect(verdict).toMatchObject(SOUND)
    expect(scene.count('lost')).toBe(0)
    report(`coordinator moved: ${verdict.figures}`)
    await scene.end()
  }, 300_000)

  test('goes on after the coordinator was frozen', async () => {
    const scene = await twoMembers()
    const victim = await coordinatorOf(scene)

    await kafka.broker(victim).freeze()
    await scene.moreAppends()
    kafka.broker(victim).thaw()

    const verdict = await scene.verdict()
    expect(verdict).toMatchObject(SOUND)
    report(`coordinator frozen: ${verdict.figures}`)
    await scene.end()
  }, 300_000)

  test('goes on when all brokers come back', async () => {
    const scene = await twoMembers()

    await kafka.kill()
    await kafka.start()
    await scene.moreAppends()

    const verdict = await scene.verdict()
    expect(verdict).toMatchObject(SOUND)
    report(`all brokers killed: ${verdict.figures}`)
    await scene.end()
  }, 300_000)

  test('takes over from a member that is killed', async () => {
    for (let round = 0; round < faultRounds(3, 10); round++) {
      const scene = new Scene(kafka, cluster)
      await scene.begin('survivor')
      await using child = scene.spawn('victim')
      await eventually(() => expect(scene.held('victim', scene.all(child))).toHaveLength(3), 30_000)

      child.kill('SIGKILL')
      const killedMs = Date.now()
      await eventually(() => expect(scene.held('survivor')).toHaveLength(PARTITIONS), FAIL_OVER_MS)

      const tookMs = (scene.events.findLast(({ what }) => what === 'assigned')?.atMs ?? 0) - killedMs
      const verdict = await scene.verdict({ victim: { fromMs: killedMs } }, child)
      expect(verdict).toMatchObject(SOUND)
      report(`member killed: ${verdict.figures}; taken over after ${tookMs} ms, session ${SESSION_MS} ms`)
      await scene.end()
    }
  }, 300_000)

  test('a member that was frozen past its session loses what it had, and joins anew', async () => {
    for (let round = 0; round < faultRounds(3, 10); round++) {
      const scene = new Scene(kafka, cluster)
      await scene.begin('survivor')
      await using child = scene.spawn('zombie')
      const told = (what: MemberEvent['what']) =>
        scene.all(child).filter(event => event.member === 'zombie' && event.what === what).length
      await eventually(() => expect(told('assigned')).toBe(3), 30_000)

      child.kill('SIGSTOP')
      const fromMs = Date.now()
      await eventually(() => expect(scene.held('survivor')).toHaveLength(PARTITIONS), FAIL_OVER_MS)
      const untilMs = Date.now()
      child.kill('SIGCONT')

      await eventually(() => expect(told('lost')).toBe(3), 30_000)
      await eventually(() => expect(told('assigned')).toBe(6), 30_000)
      const verdict = await scene.verdict({ zombie: { fromMs, untilMs } }, child)
      expect(verdict).toMatchObject(SOUND)
      report(`member frozen: ${verdict.figures}`)
      await scene.end()
    }
  }, 300_000)

  test('a static member that is started again within its session has its partitions back, and nobody else moves', async () => {
    const scene = new Scene(kafka, cluster)
    await scene.begin('other')
    await using first = scene.spawn('first', 'static-1')
    await eventually(() => expect(scene.held('first', scene.all(first))).toHaveLength(3), 30_000)
    const before = scene.held('first', scene.all(first))
    const calm = scene.events.filter(({ what }) => what !== 'consumed').length

    first.kill('SIGKILL')
    const fromMs = Date.now()
    await first.exited
    await using second = scene.spawn('second', 'static-1')
    await eventually(() => expect(scene.held('second', scene.all(second))).toHaveLength(3), 30_000)

    expect(scene.held('second', scene.all(second)).toSorted()).toEqual(before.toSorted())
    expect(scene.events.filter(({ what }) => what !== 'consumed')).toHaveLength(calm)
    const verdict = await scene.verdict({ first: { fromMs } }, first, second)
    expect(verdict).toMatchObject(SOUND)
    report(`static member restarted: ${verdict.figures}`)
    await scene.end()
  }, 300_000)
})

function report(line: string): void {
  process.stdout.write(`${line}\n`)
}
