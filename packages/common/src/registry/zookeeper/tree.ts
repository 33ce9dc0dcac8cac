import { DocumentTooLargeError, VersionConflictError } from '../errors.ts'
import { isPlaceholder, PARENT_TEXT } from '../paths.ts'
import type { ZooKeeperConnection } from './connection.ts'
import { hasCode, RC, SessionLostError } from './errors.ts'
import type { StoredNode } from './protocol.ts'
import type { ZooKeeperSession } from './session.ts'

/** Header of a request and lengths in front of its members: far less than this. */
const REQUEST_OVERHEAD_BYTES = 256

export interface TreeOptions {
  readonly connection: ZooKeeperConnection
  readonly acl: 'open' | 'creator'
  readonly maxNodeBytes: number
}

export interface Written {
  readonly version: number
  /** Transaction that wrote it. */
  readonly mzxid: number
}

/**
 * Nodes of ZooKeeper by their absolute paths, whatever they hold.
 *
 * T1 A write whose session was lost is asked for again in the next session; when the node holds the very text by then, the
 *    first attempt had succeeded.
 * T2 Nothing above the limit is sent; the server would drop the connection instead of answering.
 */
export class ZooKeeperTree {
  readonly #options: TreeOptions

  constructor(options: TreeOptions) {
    this.#options = options
  }

  read(path: string, watch = false): Promise<StoredNode | undefined> {
    return this.#options.connection.use(session => readIn(session, path, watch))
  }

  /** Leaves a watch, also on a node that is absent or may not be read. */
  async watch(path: string): Promise<void> {
    await this.#options.connection.use(session => session.stat(path, true))
  }

  /** Names of the children, sorted; none when the node is absent. */
  async children(path: string): Promise<readonly string[]> {
    const names = await this.#options.connection.use(session => session.children(path))
    return (names ?? []).toSorted()
  }

  /** Writes the node, and its ancestors when they are missing. `expected` −1: it must not exist, or hold only a placeholder. */
  async write(path: string, data: Buffer, expected?: number): Promise<Written> {
    this.#checkSize(path, data)
    let attempts = 0
    return this.#options.connection.use(async session => {
      attempts++
      try {
        return await this.#writeIn(session, path, data, expected)
      } catch (thrown) {
        if (attempts > 1 && thrown instanceof VersionConflictError) {
          const now = await session.read(path, false)
          if (now?.data.equals(data) === true) return now.stat
        }
        throw thrown
      }
    })
  }

  /** No error when it is absent, unless a version is expected. */
  async remove(path: string, expected?: number): Promise<void> {
    let attempts = 0
    return this.#options.connection.use(async session => {
      attempts++
      if (expected === -1) {
        if ((await session.stat(path, false)) !== undefined) throw await conflict(session, path, expected)
        return
      }
      try {
        await session.remove(path, expected)
      } catch (thrown) {
        if (hasCode(thrown, RC.badVersion)) throw await conflict(session, path, expected ?? -1)
        if (!hasCode(thrown, RC.noNode)) throw thrown
        // Of a try before this one the answer may have been lost, not the effect.
        if (expected !== undefined && attempts === 1) throw await conflict(session, path, expected)
      }
    })
  }

  #writeIn(
    session: ZooKeeperSession,
    path: string,
    data: Buffer,
    expected: number | undefined,
  ): Promise<Written> {
    if (expected === undefined) return this.#writeAny(session, path, data)
    if (expected === -1) return this.#writeNew(session, path, data)
    return writeAt(session, path, data, expected)
  }

  /** The node may come and go while this is tried. Asked for first: a write that fails costs all servers what one that succeeds does. */
  async #writeAny(session: ZooKeeperSession, path: string, data: Buffer): Promise<Written> {
    for (;;) {
      const isThere = (await session.stat(path, false)) !== undefined
      try {
        return isThere ? await session.write(path, data) : await this.#create(session, path, data)
      } catch (thrown) {
        if (!hasCode(thrown, RC.noNode, RC.nodeExists)) throw thrown
      }
    }
  }

  async #writeNew(session: ZooKeeperSession, path: string, data: Buffer): Promise<Written> {
    for (;;) {
      try {
        return await this.#create(session, path, data)
      } catch (thrown) {
        if (!hasCode(thrown, RC.noNode, RC.nodeExists)) throw thrown
      }
      const there = await session.read(path, false)
      if (there === undefined) continue
      if (!isPlaceholder(there.data.toString())) throw await conflict(session, path, -1)
      return writeAt(session, path, data, there.stat.version)
    }
  }

  async #create(session: ZooKeeperSession, path: string, data: Buffer): Promise<Written> {
    const { acl } = this.#options
    try {
      await session.create(path, data, acl)
    } catch (thrown) {
      if (!hasCode(thrown, RC.noNode)) throw thrown
      await this.#createAncestors(session, path)
      await session.create(path, data, acl)
    }
    const stat = await session.stat(path, false)
    return { version: 0, mzxid: stat?.czxid ?? 0 }
  }

  async #createAncestors(session: ZooKeeperSession, path: string): Promise<void> {
    const parent = path.slice(0, path.lastIndexOf('/'))
    if (parent === '' || (await session.stat(parent, false)) !== undefined) return
    await this.#createAncestors(session, parent)
    try {
      await session.create(parent, Buffer.from(PARENT_TEXT), this.#options.acl)
    } catch (thrown) {
      if (!hasCode(thrown, RC.nodeExists)) throw thrown
    }
  }

  #checkSize(path: string, data: Buffer): void {
    const { maxNodeBytes } = this.#options
    const bytes = data.length + Buffer.byteLength(path) + REQUEST_OVERHEAD_BYTES
    if (bytes <= maxNodeBytes) return
    throw new DocumentTooLargeError(
      `${path} would take ${bytes} bytes, more than the ${maxNodeBytes} a node of ZooKeeper may have`,
      { details: { path, bytes, maxNodeBytes } },
    )
  }
}

async function writeAt(
  session: ZooKeeperSession,
  path: string,
  data: Buffer,
  version: number,
): Promise<Written> {
  try {
    return await session.write(path, data, version)
  } catch (thrown) {
    if (hasCode(thrown, RC.badVersion, RC.noNode)) throw await conflict(session, path, version)
    throw thrown
  }
}

/** Reads, and with `watch` leaves a watch in any case; absent and present may alternate in between. */
async function readIn(
  session: ZooKeeperSession,
  path: string,
  watch: boolean,
): Promise<StoredNode | undefined> {
  for (let turn = 0; turn < 10; turn++) {
    const node = await session.read(path, watch)
    if (node !== undefined || !watch) return node
    if ((await session.stat(path, true)) === undefined) return undefined
  }
  throw new SessionLostError(`${path} comes and goes`)
}

async function conflict(
  session: ZooKeeperSession,
  path: string,
  expected: number,
): Promise<VersionConflictError> {
  const current = (await session.stat(path, false))?.version ?? -1
  return new VersionConflictError(`${path} is at version ${current}, not at the expected ${expected}`, {
    details: { path, current, expected },
  })
}
