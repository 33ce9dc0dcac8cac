import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Logger } from '../../log/index.ts'
import { absentAs } from '../absent-as.ts'
import { nodeFileName } from '../node-file-name.ts'
import type { DocumentKind } from '../registry.ts'
import { replaceFile } from '../replace-file.ts'
import { type ConnectString, serverText } from './connect-string.ts'

const OWNER_ONLY = 0o600
const WRITERS = 8

const cachedSchema = z.object({
  format: z.literal(1),
  kind: z.string(),
  name: z.string(),
  mzxid: z.int().nonnegative(),
  version: z.int(),
  savedAtMs: z.number(),
  /** Absent: the node was absent. */
  text: z.string().optional(),
})

/** What a watched node last held that could be used. */
export interface CachedNode {
  readonly mzxid: number
  readonly version: number
  readonly savedAtMs: number
  readonly text?: string | undefined
}

/**
 * The last-good documents of the nodes that a process watched, one file each, in a folder per ensemble and root.
 *
 * C1 A file is whole or not there; one that cannot be read counts as not there.
 * C2 Writing happens behind: a newer state of a node replaces one that waits. `idle` resolves when all is written.
 * C3 Only the owner may read the files: documents hold passwords.
 *
 * Not synced: after a power loss the newest changes may be missing, and ZooKeeper is asked first anyway.
 */
export class DocumentCache {
  readonly #dir: string
  readonly #log: Logger
  readonly #waiting = new Map<string, () => Promise<void>>()
  /** Nodes that are being written: their next state waits for it, so that it is the one that stays. */
  readonly #busy = new Set<string>()
  readonly #writers = new Set<Promise<void>>()

  constructor(parent: string, { servers, root }: ConnectString, log: Logger) {
    const ensemble = `${servers.map(serverText).toSorted().join(',')}${root}`
    this.#dir = join(parent, createHash('sha256').update(ensemble).digest('hex').slice(0, 16))
    this.#log = log
  }

  /** Whether anything was ever kept for this ensemble. */
  async isEmpty(): Promise<boolean> {
    return (await readdir(this.#dir).catch(absentAs<string[]>([]))).length === 0
  }

  async load(kind: DocumentKind, name: string): Promise<CachedNode | undefined> {
    try {
      const text = await readFile(join(this.#dir, kind, nodeFileName(name)), 'utf8')
      const cached = cachedSchema.parse(JSON.parse(text))
      return cached.kind === kind && cached.name === name ? cached : undefined
    } catch {
      return undefined
    }
  }

  save(kind: DocumentKind, name: string, node: CachedNode): void {
    const content = JSON.stringify({ format: 1, kind, name, ...node })
    this.#waiting.set(`${kind}/${name}`, () =>
      replaceFile(join(this.#dir, kind), nodeFileName(name), content, { mode: OWNER_ONLY, durable: false }),
    )
    if (this.#writers.size < WRITERS) this.#startWriter()
  }

  async idle(): Promise<void> {
    while (this.#writers.size > 0) await Promise.all(this.#writers)
  }

  #startWriter(): void {
    const writer = this.#drain().finally(() => this.#writers.delete(writer))
    this.#writers.add(writer)
  }

  async #drain(): Promise<void> {
    for (;;) {
      const next = this.#waiting.entries().find(([key]) => !this.#busy.has(key))
      if (next === undefined) return
      const [key, write] = next
      this.#waiting.delete(key)
      this.#busy.add(key)
      try {
        await write()
      } catch (err) {
        this.#log.warn({ err, node: key }, 'last-good document not kept')
      } finally {
        this.#busy.delete(key)
      }
    }
  }
}
