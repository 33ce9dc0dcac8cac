import { randomInt } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { eventually, faultRounds, tempDir } from '@ddmq/testkit'
import { expect, test } from 'vitest'
import { embeddedScene } from '../integration/embedded-scene.ts'
import { DelayLoad, SOUND } from './delay-load.ts'
import { deliveredBy, spawnChronos } from './fault-process.ts'

const MESSAGES = faultRounds(4_000, 20_000)
const KILLS = 2

test.each(Array.from({ length: faultRounds(3, 10) }, (_, round) => round))(
  'CH-44 CH-45 kill −9 in the middle of firing: none is lost and none delivered twice (embedded engine, round %d)',
  async () => {
    await using dir = await tempDir()
    const load = await loadedFolder(dir.path)

    const killedAt: number[] = []
    for (let kill = 0; kill < KILLS; kill++) {
      const from = killedAt.at(-1) ?? 0
      // Some more is delivered until the kill comes.
      const left = Math.max(2, Math.floor((load.expected - from) * 0.7))
      killedAt.push(await fireUntilKilled(dir.path, load.topic, from + randomInt(1, left)))
    }

    await using scene = await embeddedScene(dir.path)
    load.goOn(scene)
    await scene.start()
    expect(await load.verdict()).toEqual(SOUND)
    process.stdout.write(`killed at ${killedAt.join(' and ')} of ${load.expected} deliveries\n`)
  },
  120_000,
)

/** A folder with messages that are due when a service comes. */
async function loadedFolder(dir: string): Promise<DelayLoad> {
  await using scene = await embeddedScene(dir)
  const load = new DelayLoad(scene, await scene.topic())
  await load.add(MESSAGES, { fromMs: Date.now() - 3000, overMs: 2000 })
  return load
}

/** Answers how much was delivered when it was killed. */
async function fireUntilKilled(dir: string, topic: string, count: number): Promise<number> {
  await using child = spawnChronos({ dir, topic, config: { batch: { count: 20 } } })
  await eventually(() => expect(deliveredBy(child)).toBeGreaterThanOrEqual(count), 60_000)
  await delay(randomInt(10))
  child.kill('SIGKILL')
  await child.exited
  return deliveredBy(child)
}
