import { setTimeout as delay } from 'node:timers/promises'
import { topicDocument } from '@ddmq/common/registry/conformance'
import type { ZooKeeperRegistry } from '@ddmq/common/registry/zookeeper'
import {
  eventually,
  faultRounds,
  startZooKeeper,
  type ZooKeeperEnsemble,
  zookeeperMissing,
} from '@ddmq/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openRegistry, settingsFor } from './fixture.ts'
import { needs } from './requirement.ts'

const reason = zookeeperMissing()
const NAMES = ['t1', 't2', 't3']
const COMPARED = 't3'

describe.skipIf(reason !== undefined)(`Three nodes of ZooKeeper${needs(reason)}`, () => {
  let ensemble: ZooKeeperEnsemble
  beforeAll(async () => {
    ensemble = await startZooKeeper({ nodes: 3 })
  }, 60_000)
  afterAll(async () => ensemble[Symbol.asyncDispose]())

  test(
    'R1 R4 T1 no acknowledged write is lost and all watchers come to the same end when leaders are killed or frozen under writes',
    async () => {
      const settings = settingsFor(ensemble.connectString, {
        operationTimeoutMs: 30_000,
        sessionTimeoutMs: 2_000,
      })
      await using writer = await openRegistry(settings)
      await using follower = await openRegistry(settings)
      const own = await watchAll(writer.registry)
      const other = await watchAll(follower.registry)
      const acknowledged = new Map<string, number>()
      const stopped = new AbortController()
      const writing = Promise.all(
        NAMES.map(name => writeUntil(stopped.signal, writer.registry, name, acknowledged)),
      )

      for (let round = 0; round < faultRounds(3, 10); round++) {
        const before = Math.max(0, ...acknowledged.values())
        await delay(Math.random() * 300)
        const leader = await eventually(leaderOf, 30_000)
        if (round % 2 === 0) await leader.process.kill()
        else await leader.process.freeze()
        // The two that are left elect a leader and writes go on.
        await eventually(() => expect(Math.min(...acknowledged.values())).toBeGreaterThan(before + 5), 30_000)
        leader.process.thaw()
        await ensemble.start()
      }
      stopped.abort()
      await writing

      for (const name of NAMES) {
        const last = acknowledged.get(name)
        const stored = await follower.registry.get('topic', name)
        expect(stored?.value.topicUnits[0]?.maxTps).toBe(last)
        for (const seen of [own, other]) {
          await eventually(() => expect(seen.get(name)?.at(-1)).toBe(last), 20_000)
          expect(seen.get(name)).toEqual(seen.get(name)?.toSorted((a, b) => a - b))
        }
      }
    },
    60_000 + faultRounds(3, 10) * 30_000,
  )

  async function leaderOf() {
    const leader = await ensemble.leader()
    if (leader === undefined) throw new Error('no leader')
    return leader
  }
})

/**
 * One write after the other, each with a greater number; notes the last that was acknowledged. One of the nodes is written
 * with the version that the write before gave: as its only writer this must never meet a conflict.
 */
async function writeUntil(
  stopped: AbortSignal,
  registry: ZooKeeperRegistry,
  name: string,
  acknowledged: Map<string, number>,
): Promise<void> {
  let version = -1
  for (let rate = 1; !stopped.aborted; rate++) {
    const options = name === COMPARED ? { expectedVersion: version } : {}
    version = await registry.put('topic', name, topicDocument(name, rate), options)
    acknowledged.set(name, rate)
  }
}

async function watchAll(registry: ZooKeeperRegistry): Promise<ReadonlyMap<string, readonly number[]>> {
  const seen = new Map<string, number[]>()
  for (const name of NAMES) {
    const rates: number[] = []
    seen.set(name, rates)
    await registry.watch('topic', name, current => {
      if (current !== undefined) rates.push(current.value.topicUnits[0]?.maxTps ?? 0)
    })
  }
  return seen
}
