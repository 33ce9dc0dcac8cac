import { fileURLToPath } from 'node:url'
import { spawnNode } from '@ddmq/testkit'
import type { Address } from '../load/session.ts'

/** An entry file of this package, which listens, in a process of its own. */
export interface SpawnedServer extends AsyncDisposable {
  readonly address: Address
  readonly pid: number
  /** 0 where it has none. */
  readonly adminPort: number
}

/** Resolves when it has said its ports on its first line. `file` is relative to `src`. */
export async function spawnServer(file: string, args: readonly string[] = []): Promise<SpawnedServer> {
  const child = spawnNode(fileURLToPath(new URL(`../${file}`, import.meta.url)), args)
  try {
    const line = await child.waitForLine(/^listening on \d+/)
    const [, port = '', , adminPort = '0'] = /^listening on (\d+)(, admin on (\d+))?$/.exec(line) ?? []
    const { pid } = child
    if (pid === undefined) throw new Error(`${file} does not run`)
    return {
      address: { host: '127.0.0.1', port: Number(port) },
      pid,
      adminPort: Number(adminPort),
      [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
    }
  } catch (thrown) {
    await child[Symbol.asyncDispose]()
    throw thrown
  }
}
