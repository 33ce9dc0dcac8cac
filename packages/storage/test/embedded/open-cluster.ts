import { cp, readdir, rm } from 'node:fs/promises'
import { type Clock, systemClock } from '@ddmq/common/clock'
import { createLogger } from '@ddmq/common/log'
import { EmbeddedCluster, type EmbeddedClusterOptions } from '@ddmq/storage/embedded'
import { eventually, tempDir } from '@ddmq/testkit'

const silent = createLogger({ level: 'silent', pretty: false })

export type Overrides = Partial<EmbeddedClusterOptions>

/** Options of a test cluster: the floor is off, so that a nearly full developer disk fails no test. */
export function optionsFor(dir: string, overrides: Overrides = {}): EmbeddedClusterOptions {
  const clock: Clock = systemClock
  return { clusterName: 'test', dir, fsync: false, log: silent, clock, freeSpaceFloorBytes: 0, ...overrides }
}

/** A started cluster in a folder of its own; both are gone when it is disposed. */
export async function openCluster(overrides: Overrides = {}) {
  const dir = await tempDir()
  let cluster = new EmbeddedCluster(optionsFor(dir.path, overrides))
  await cluster.start()
  return {
    dir: dir.path,
    get cluster() {
      return cluster
    },
    async reopen(again: Overrides = {}) {
      await cluster.stop()
      cluster = new EmbeddedCluster(optionsFor(dir.path, { ...overrides, ...again }))
      await cluster.start()
      return cluster
    },
    async [Symbol.asyncDispose]() {
      await cluster.stop()
      await dir[Symbol.asyncDispose]()
    },
  }
}

/** What a process killed now would leave: the files as they are, without the end of a clean close. */
export async function crashImage(dir: string, image: string): Promise<void> {
  // Files that come and go in the background while it is copied would make it an image of no moment.
  await eventually(async () => {
    await rm(image, { recursive: true, force: true })
    const before = await readdir(dir)
    await cp(dir, image, { recursive: true })
    if ((await readdir(dir)).join() !== before.join()) throw new Error('the files changed meanwhile')
  })
}
