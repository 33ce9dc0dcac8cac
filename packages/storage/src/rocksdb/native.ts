// oxlint-disable-next-line typescript/triple-slash-reference -- the types must follow this file into every program that compiles it
/// <reference path="./rocksdb-native.d.ts" preserve="true" />
import type RocksDB from 'rocksdb-native'
import { StorageError } from '../errors.ts'

export type NativeStore = RocksDB
export type NativeIterator = RocksDB.Iterator
export type NativeWriteBatch = RocksDB.WriteBatch
export type NativeOptions = ConstructorParameters<typeof RocksDB>[1]

/** Loads the native library on first use, so that a process without it fails with a message instead of at import. */
export async function createNativeStore(dir: string, options: NativeOptions): Promise<NativeStore> {
  const { default: Native } = await import('rocksdb-native').catch((cause: unknown) => {
    throw new StorageError('unavailable', `cannot load the RocksDB library: ${loadAdvice(cause)}`, { cause })
  })
  return new Native(dir, options)
}

/** What to install. The reason of the loader stands only in the cause of what `require` throws. */
export function loadAdvice(thrown: unknown): string {
  const text = messagesOf(thrown)
  if (text.includes('libatomic')) {
    return 'libatomic.so.1 is missing; install it (Debian and Ubuntu: apt install libatomic1, Fedora: dnf install libatomic)'
  }
  if (/GLIBC_\d/.test(text)) return 'the C library is too old; glibc 2.34 or later is needed'
  if (text.includes('musl'))
    return 'musl-based systems (Alpine) are not supported; use one with glibc 2.34 or later'
  return text
}

function messagesOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  const nested: readonly unknown[] = thrown instanceof AggregateError ? thrown.errors : [thrown.cause]
  return [thrown.message, ...nested.filter(inner => inner !== undefined).map(messagesOf)].join(': ')
}
