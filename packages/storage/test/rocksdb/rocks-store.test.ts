import { readdir, rename } from 'node:fs/promises'
import { systemClock } from '@ddmq/common/clock'
import { RocksStore, WriteBatch } from '@ddmq/storage/rocksdb'
import { tempDir } from '@ddmq/testkit'
import { describe, expect, test } from 'vitest'
import { toStorageError, toWriteError } from '../../src/rocksdb/classify-error.ts'
import { loadAdvice } from '../../src/rocksdb/native.ts'

const key = (text: string): Buffer => Buffer.from(text)

function open(dir: string, fsync = false): Promise<RocksStore> {
  return RocksStore.open({ dir, fsync, clock: systemClock, freeSpaceFloorBytes: 0 })
}

describe('RocksStore', () => {
  test('applies a batch in order, all of it, and keeps it over a close', async () => {
    await using dir = await tempDir()
    const path = `${dir.path}/made/when/missing`
    const store = await open(path, true)

    await store.write(
      new WriteBatch().put(key('a'), key('1')).put(key('b'), Buffer.alloc(0)).put(key('c'), key('3')),
    )
    await store.write(
      new WriteBatch()
        .put(key('d'), key('4'))
        .deleteRange(key('b'), key('d'))
        .delete(key('x'))
        .put(key('b'), key('5')),
    )
    await store.close()

    const again = await open(path)
    const values = await again.getMany(['a', 'b', 'c', 'd'].map(key))
    expect(values.map(value => value?.toString())).toEqual(['1', '5', undefined, '4'])
    await again.close()
  })

  test('scans forwards and backwards up to the limit, with or without values', async () => {
    await using dir = await tempDir()
    const store = await open(dir.path)
    const batch = new WriteBatch()
    for (const name of ['a', 'b', 'c', 'd']) batch.put(key(name), key(name.toUpperCase()))
    await store.write(batch)

    const names = async (scan: Partial<Parameters<typeof store.scan>[0]>): Promise<string> => {
      const entries = await store.scan({ gte: key('a'), lt: key('d'), limit: 10, ...scan })
      return entries.map(entry => `${entry.key.toString()}${entry.value.toString()}`).join(' ')
    }

    expect(await names({})).toBe('aA bB cC')
    expect(await names({ limit: 2 })).toBe('aA bB')
    expect(await names({ limit: 2, reverse: true })).toBe('cC bB')
    expect(await names({ values: false })).toBe('a b c')
    await store.close()
  })

  test('R1: refuses anything but a Buffer', async () => {
    await using dir = await tempDir()
    const store = await open(dir.path)
    const wrong = ['text', new Uint8Array(3), undefined, null, 7] as unknown as Buffer[]

    for (const value of wrong) {
      expect(() => new WriteBatch().put(value, key('v'))).toThrow(TypeError)
      expect(() => new WriteBatch().put(key('k'), value)).toThrow(TypeError)
      expect(() => new WriteBatch().deleteRange(key('k'), value)).toThrow(TypeError)
      expect(() => store.getMany([value])).toThrow(TypeError)
      expect(() => store.scan({ gte: value, lt: key('z'), limit: 1 })).toThrow(TypeError)
    }
    await store.close()
  })

  test('R2: close waits for reads and writes under way, and does not hang', async () => {
    await using dir = await tempDir()
    const store = await open(dir.path)
    const batch = new WriteBatch()
    for (let index = 0; index < 2000; index++) batch.put(key(`k${index}`), Buffer.alloc(100))

    const writing = store.write(batch)
    const reads = Array.from({ length: 20 }, () => store.scan({ gte: key('a'), lt: key('z'), limit: 500 }))
    const closing = store.close()

    await Promise.all([writing, ...reads, closing])
    await expect(store.get(key('k1'))).rejects.toMatchObject({ kind: 'unavailable' })
    await expect(store.write(new WriteBatch())).rejects.toMatchObject({ kind: 'unavailable' })
  })

  test('R3: keeps the order of writes, and of flushes between them', async () => {
    await using dir = await tempDir()
    const store = await open(dir.path, true)

    const writes = Array.from({ length: 20 }, (_, index) =>
      store.write(new WriteBatch().put(key('k'), key(String(index)))),
    )
    await Promise.all([
      ...writes,
      store.flush(),
      store.write(new WriteBatch().put(key('k'), key('last'))),
      store.reopen(),
    ])

    expect((await store.get(key('k')))?.toString()).toBe('last')
    await store.close()
  })
})

test('a write whose sync fails may be stored, whatever the failure is called', async () => {
  await using dir = await tempDir()
  // The folder is part of the message, which then reads like one of RocksDB for want of space.
  const path = `${dir.path}/No space left`
  const store = await open(path, true)
  const moved = `${dir.path}/moved.log`
  const [log] = (await readdir(path)).filter(name => name.endsWith('.log'))
  await rename(`${path}/${log}`, moved)

  const failure = await store
    .write(new WriteBatch().put(key('k'), key('v')))
    .catch((thrown: unknown) => thrown)
  await rename(moved, `${path}/${log}`)
  await store.reopen()

  expect((await store.get(key('k')))?.toString()).toBe('v')
  expect(failure).toMatchObject({ kind: 'outcomeUnknown' })
  await store.close()
})

describe('errors', () => {
  test.each([
    ['While lock file: /d/LOCK: Resource temporarily unavailable', 'unavailable', 'locked'],
    ['lock hold by current process, acquire time 1', 'unavailable', 'locked'],
    ['IO error: No space left on device: While appending to file', 'unavailable', 'noSpace'],
    ['IO error: File too large: While appending to file', 'unavailable', 'noSpace'],
    ['Corruption: block checksum mismatch: stored = 1, computed = 2', 'corrupt', 'corrupt'],
    ['IO error: Input/output error', 'unavailable', 'io'],
  ])('classifies %j as %s (%s)', (message, kind, failure) => {
    const error = toStorageError(new Error('Batch was not applied', { cause: new Error(message) }), 'write')

    expect(error).toMatchObject({ kind, details: { failure } })
  })

  test('says that a write may be stored after an I/O error, and that it is not for want of space', () => {
    expect(toWriteError(new Error('IO error: Input/output error'), 'write').kind).toBe('outcomeUnknown')
    expect(toWriteError(new Error('No space left on device'), 'write').kind).toBe('unavailable')
  })

  test.each([
    [
      new Error('Cannot find addon', { cause: new Error('libatomic.so.1: cannot open shared object file') }),
      'libatomic1',
    ],
    [
      new Error('x', { cause: new AggregateError([new Error("version `GLIBC_2.34' not found")]) }),
      'glibc 2.34',
    ],
    [new Error('Error loading shared library ld-musl'), 'Alpine'],
  ])('tells what to install when the library does not load: %s', (cause, advice) => {
    expect(loadAdvice(cause)).toContain(advice)
  })
})
