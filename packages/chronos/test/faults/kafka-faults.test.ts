import { randomInt } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { eventually, faultRounds, type KafkaServers, kafkaMissing, startKafka, tempDir } from '@ddmq/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type DelayScene, SHARDS } from '../integration/delay-scene.ts'
import { kafkaScene, SESSION_MS, SHORT_SESSIONS } from '../integration/kafka-scene.ts'
import type { ProcessWish } from './chronos-process.ts'
import { DelayLoad, SOUND } from './delay-load.ts'
import { ownedSinceMs } from './fault-process.ts'
import { ProcessPair } from './process-pair.ts'

const MESSAGES = faultRounds(4_000, 20_000)
const ROUNDS = faultRounds(3, 10)
const PATIENCE_MS = 90_000
/** Small, so that there is a middle of firing. */
const CONFIG = { batch: { count: 50 } }

const missing = kafkaMissing()
const needs = missing === undefined ? '' : ` (needs Kafka 4.x: ${missing})`

describe.skipIf(missing !== undefined)(
  `a delay service on one broker${needs}`,
  { timeout: 400_000 },
  async () => {
    const dir = await tempDir()
    let kafka: KafkaServers

    beforeAll(async () => {
      kafka = await startKafka({ proxied: true, settings: SHORT_SESSIONS })
    }, 120_000)
    afterAll(async () => {
      await kafka?.[Symbol.asyncDispose]()
      await dir[Symbol.asyncDispose]()
    })

    /** A table of its own, seen past the fault proxy. */
    function openScene(innerTopicPrefix: string): Promise<DelayScene> {
      const { bootstrapServers, directServers } = kafka
      return kafkaScene({
        dir: join(dir.path, innerTopicPrefix),
        bootstrapServers,
        directServers,
        innerTopicPrefix,
        config: CONFIG,
      })
    }

    function wishOf(innerTopicPrefix: string): ProcessWish {
      const { bootstrapServers } = kafka
      return {
        dir: join(dir.path, innerTopicPrefix),
        config: CONFIG,
        kafka: { bootstrapServers, innerTopicPrefix },
      }
    }

    test('CH-44 CH-45 CH-47 kill −9 in the middle of firing: the other process takes over, none is lost and none delivered twice', async () => {
      await using scene = await openScene('R_kill_')
      await using pair = new ProcessPair(wishOf('R_kill_'))
      for (let round = 0; round < ROUNDS; round++) {
        await pair.complete()
        const load = await firing(scene)
        const shard = `${randomInt(SHARDS)}`

        const victim = pair.ownerOf(shard)
        victim.kill('SIGKILL')
        const killedMs = Date.now()
        await delay(500)
        const before = await load.delivered(shard)
        await load.untilDelivered(before + 1, shard).catch(() => undefined) // It may have been done with that shard.
        const tookMs = Date.now() - killedMs

        expect(await load.verdict()).toEqual(SOUND)
        report(
          `killed at ${before} of shard ${shard}; next delivery after ${tookMs} ms, session ${SESSION_MS} ms`,
        )
      }
    })

    test('CH-46 a process that was frozen past its session delivers nothing when it wakes up', async () => {
      await using scene = await openScene('R_freeze_')
      await using pair = new ProcessPair(wishOf('R_freeze_'))
      await pair.complete()
      for (let round = 0; round < ROUNDS; round++) {
        const load = await firing(scene)
        const shard = `${randomInt(SHARDS)}`
        const zombie = pair.ownerOf(shard)
        const other = pair.otherThan(zombie)

        zombie.kill('SIGSTOP')
        const frozenMs = Date.now()
        await eventually(() => expect(ownedSinceMs(other, shard)).toBeGreaterThan(frozenMs), PATIENCE_MS)
        await load.add(200, { fromMs: Date.now() + 100, overMs: 200 })
        await delay(randomInt(500))
        zombie.kill('SIGCONT')
        await load.add(200, { fromMs: Date.now() + 100, overMs: 1000 })

        expect(await load.verdict()).toEqual(SOUND)
        await pair.untilShared()
      }
    })

    test('CH-44 connections that are cut, and commits whose answer is lost: none is lost and none delivered twice', async () => {
      await using scene = await openScene('R_cut_')
      await scene.start()
      const proxy = kafka.proxy(1)
      for (let round = 0; round < ROUNDS; round++) {
        const load = new DelayLoad(scene, await scene.topic())
        await load.add(MESSAGES, { fromMs: Date.now() + 1000, overMs: 3000 })
        await load.untilDelivered(1)
        let cuts = 0
        for (; cuts < 100 && (await load.delivered()) < load.expected * 0.95; cuts++) {
          // What is sent in the meantime is done, and the answer is lost.
          proxy.stall('toClient')
          await delay(randomInt(30))
          proxy.cut()
          proxy.heal()
          await delay(randomInt(300))
        }

        expect(await load.verdict()).toEqual(SOUND)
        report(`${cuts} times cut`)
      }
    })
  },
)

/** In the middle of firing. */
async function firing(scene: DelayScene): Promise<DelayLoad> {
  const load = new DelayLoad(scene, await scene.topic())
  await load.add(MESSAGES, { fromMs: Date.now() + 1500, overMs: 1000 })
  await load.untilDelivered(randomInt(1, Math.floor(load.expected * 0.6)))
  return load
}

function report(line: string): void {
  process.stdout.write(`${line}\n`)
}
