import type { EventEmitter } from 'node:events'
import { createRequire } from 'node:module'
import { describeError } from '../../errors/index.ts'
import { ZooKeeperClientMissingError } from './errors.ts'

/** What a server tells about a node. The transaction ids are whole numbers below 2⁵³ as long as fewer than 2²¹ leaders reigned. */
export interface NodeStat {
  readonly czxid: number
  readonly mzxid: number
  readonly version: number
}

interface NativeAcl {
  readonly perms: number
  readonly scheme: string
  readonly auth: string
}

/**
 * The members of the npm package `zookeeper` that `ZooKeeperSession` uses. Every call that takes a callback returns 0 when the
 * request was queued and another code when the callback will not be called.
 */
export interface NativeClient extends EventEmitter {
  init(config: object): unknown
  close(): unknown
  a_get(
    path: string,
    watch: boolean,
    done: (rc: number, text: string, stat: NodeStat, data: Buffer | null) => void,
  ): number
  a_exists(path: string, watch: boolean, done: (rc: number, text: string, stat: NodeStat) => void): number
  a_get_children(
    path: string,
    watch: boolean,
    done: (rc: number, text: string, names: readonly string[]) => void,
  ): number
  a_create(path: string, data: Buffer, flags: number, done: (rc: number, text: string) => void): number
  a_set(
    path: string,
    data: Buffer,
    version: number,
    done: (rc: number, text: string, stat: NodeStat) => void,
  ): number
  a_delete_(path: string, version: number, done: (rc: number, text: string) => void): number
  a_set_acl(
    path: string,
    version: number,
    acl: readonly NativeAcl[],
    done: (rc: number, text: string) => void,
  ): number
  a_sync(path: string, done: (rc: number, text: string) => void): number
  add_auth(scheme: string, auth: string, done: (rc: number, text: string) => void): number
}

export type NativeClientClass = new () => NativeClient

/** Loads the optional package; only here, so that whoever does not configure ZooKeeper needs no compiler. */
export function loadNativeClient(): NativeClientClass {
  try {
    const client: NativeClientClass = createRequire(import.meta.url)('zookeeper')
    return client
  } catch (cause) {
    throw new ZooKeeperClientMissingError(
      'the ZooKeeper client is not built on this machine. Install a C compiler, make and python3 (Debian, Ubuntu: ' +
        'apt-get install g++ make python3; Fedora: dnf install gcc-c++ make python3), then remove node_modules and run ' +
        `ddmq again (${describeError(cause).split('\n', 1).join('')})`,
      { cause },
    )
  }
}
