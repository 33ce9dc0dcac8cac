import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@ddmq/common/clock'
import { describeLogCluster, type LogClusterHarness } from '@ddmq/storage/conformance'
import { EmbeddedCluster } from '@ddmq/storage/embedded'
import { crashImage, optionsFor } from './open-cluster.ts'

/** Real folders and the real clock; only retention sees the time move. */
class EmbeddedHarness implements LogClusterHarness {
  readonly name: string
  readonly capabilities = {
    transactions: true,
    compaction: true,
    commitMetadata: true,
    offsetByTime: true,
    addPartitions: true,
  }
  readonly #fsync: boolean
  readonly #dirs: string[] = []
  #aheadMs = 0
  #running: EmbeddedCluster | undefined

  constructor(fsync: boolean) {
    this.name = fsync ? 'embedded with fsync' : 'embedded'
    this.#fsync = fsync
  }

  async open() {
    return this.#start(await this.#newDir())
  }

  async reopen(cluster: EmbeddedCluster) {
    await cluster.stop()
    return this.#start(this.#dir())
  }

  async crash(cluster: EmbeddedCluster) {
    const left = this.#dir()
    const image = await this.#newDir()
    await crashImage(left, image)
    await cluster.stop()
    return this.#start(image)
  }

  async enforceRetention(_cluster: EmbeddedCluster, _topic: string, afterMs: number) {
    this.#aheadMs += afterMs
    await this.#running?.enforceRetention()
  }

  async close(cluster: EmbeddedCluster) {
    await cluster.stop()
    for (const dir of this.#dirs) await rm(dir, { recursive: true, force: true })
  }

  async #start(dir: string) {
    const clock = { ...systemClock, nowMs: () => Date.now() + this.#aheadMs }
    this.#running = new EmbeddedCluster(optionsFor(dir, { fsync: this.#fsync, clock }))
    await this.#running.start()
    return this.#running
  }

  async #newDir(): Promise<string> {
    this.#dirs.push(await mkdtemp(join(tmpdir(), 'ddmq-embedded-')))
    return this.#dir()
  }

  #dir(): string {
    return this.#dirs.at(-1) ?? ''
  }
}

describeLogCluster(new EmbeddedHarness(false))
describeLogCluster(new EmbeddedHarness(true))
