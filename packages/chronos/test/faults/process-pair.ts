import { eventually, type NodeProcess } from '@ddmq/testkit'
import { SHARDS } from '../integration/delay-scene.ts'
import type { ProcessWish } from './chronos-process.ts'
import { ownedSinceMs, spawnChronos } from './fault-process.ts'

const PATIENCE_MS = 90_000

/** Two processes on the same table, each with an index of its own. */
export class ProcessPair implements AsyncDisposable {
  readonly #wish: ProcessWish
  readonly #exited = new Set<NodeProcess>()
  #living: NodeProcess[] = []
  #started = 0

  /** Each has a folder beside that of the wish. */
  constructor(wish: ProcessWish) {
    this.#wish = wish
  }

  /** Starts, with an empty index, what is missing; until each has a shard. */
  async complete(): Promise<void> {
    this.#living = this.#living.filter(child => !this.#exited.has(child))
    while (this.#living.length < 2) {
      const child = spawnChronos({ ...this.#wish, dir: `${this.#wish.dir}${this.#started++}` })
      void child.exited.then(() => this.#exited.add(child))
      this.#living.push(child)
    }
    await this.untilShared()
  }

  async kill(child: NodeProcess): Promise<void> {
    child.kill('SIGKILL')
    await child.exited
  }

  async untilShared(): Promise<void> {
    await eventually(() => {
      if (!this.#isShared()) throw new Error('not each of them has a shard')
    }, PATIENCE_MS)
  }

  #isShared(): boolean {
    const owners = Array.from({ length: SHARDS }, (_, shard) => this.#findOwner(`${shard}`))
    return owners.every(owner => owner !== undefined) && new Set(owners).size === 2
  }

  ownerOf(shard: string): NodeProcess {
    const owner = this.#findOwner(shard)
    if (owner === undefined) throw new Error(`nobody owns shard ${shard}`)
    return owner
  }

  otherThan(process: NodeProcess): NodeProcess {
    const other = this.#living.find(child => child !== process)
    if (other === undefined) throw new Error('there is no other process')
    return other
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#living) child.kill('SIGCONT')
    await Promise.all(this.#living.map(child => child[Symbol.asyncDispose]()))
  }

  #findOwner(shard: string): NodeProcess | undefined {
    const owners = this.#living.filter(child => ownedSinceMs(child, shard) > 0)
    return owners.toSorted((a, b) => ownedSinceMs(b, shard) - ownedSinceMs(a, shard))[0]
  }
}
