import { tempDir } from '@ddmq/testkit'
import { expect, test } from 'vitest'
import { runBareAlone, runIndexAlone } from '../src/delay-store/run-in-store-process.ts'

test('an index and a bare store are each measured in a process of their own', async () => {
  await using dir = await tempDir()
  const load = { messages: 2000, bodyBytes: 60, parent: dir.path }

  const index = await runIndexAlone(load)
  const bare = await runBareAlone(load)

  for (const measured of [index, bare]) {
    expect(Object.entries(measured).filter(([, value]) => !(value >= 0))).toEqual([])
    expect(measured.perSecond).toBeGreaterThan(0)
  }
})
