/** The part of `rocksdb-native` this repository uses; the package ships no types. */
declare module 'rocksdb-native' {
  interface Options {
    readonly createIfMissing?: boolean
    readonly walRecoveryMode?: 0 | 1 | 2 | 3
    readonly maxBackgroundJobs?: number
    readonly maxWriteBufferNumber?: number
    readonly writeBufferSize?: number
    readonly filterPolicy?: null
    readonly enableBlobFiles?: boolean
    readonly minBlobSize?: number
  }

  interface Range {
    readonly gte: Buffer
    readonly lt: Buffer
  }

  interface IteratorOptions {
    readonly reverse: boolean
    readonly values: boolean
    readonly limit: number
    readonly capacity: number
  }

  class RocksDB {
    constructor(path: string, options: Options)
    ready(): Promise<void>
    close(): Promise<void>
    flush(): Promise<void>
    currentWalFile(): Promise<{ readonly path: string }>
    iterator(range: Range, options: IteratorOptions): RocksDB.Iterator
    read(options: { readonly capacity: number; readonly autoDestroy: true }): RocksDB.ReadBatch
    write(options: { readonly capacity: number }): RocksDB.WriteBatch
  }

  namespace RocksDB {
    interface Iterator {
      on(
        event: 'data',
        listener: (entry: { readonly key: Buffer; readonly value: Buffer | null }) => void,
      ): this
      on(event: 'error', listener: (error: Error) => void): this
      /** Destroyed, by itself after the end or an error. */
      on(event: 'close', listener: () => void): this
    }
    interface ReadBatch {
      get(key: Buffer): Promise<Buffer | null>
      tryFlush(): void
    }
    interface WriteBatch {
      tryPut(key: Buffer, value: Buffer): void
      tryDelete(key: Buffer): void
      tryDeleteRange(start: Buffer, end: Buffer): void
      flush(): Promise<void>
      destroy(): void
    }
  }

  export = RocksDB
}
