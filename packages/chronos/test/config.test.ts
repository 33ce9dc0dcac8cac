import { expect, test } from 'vitest'
import { chronosConfigSchema } from '../src/index.ts'

test('sizes and durations are numbers, or text with a unit', () => {
  const config = chronosConfigSchema.parse({
    dataDir: '/var/lib/ddmq/chronos',
    batch: { bytes: '4MiB' },
    clock: { thresholdMs: '2s', acceptAfterMs: 90_000 },
    writeBufferBytes: '64MiB',
    freeSpaceFloorBytes: 0,
  })

  expect(config).toMatchObject({
    batch: { bytes: 4 * 1024 * 1024 },
    clock: { thresholdMs: 2000, acceptAfterMs: 90_000 },
    writeBufferBytes: 64 * 1024 * 1024,
    freeSpaceFloorBytes: 0,
  })
})

test.for([
  [{ batch: { bytes: 0 } }, ['batch', 'bytes']],
  [{ clock: { thresholdMs: '1 parsec' } }, ['clock', 'thresholdMs']],
  [{ writeBufferBytes: '0MiB' }, ['writeBufferBytes']],
  [{ freeSpaceFloorBytes: -1 }, ['freeSpaceFloorBytes']],
] as const)('%j is refused, and the field is named', ([settings, path]) => {
  const { error } = chronosConfigSchema.safeParse({ dataDir: '-', ...settings })

  expect(error?.issues.map(issue => issue.path)).toEqual([path])
})
