import { tempDir, testLogger } from '@ddmq/testkit'
import { expect, test } from 'vitest'
import { parseConnectString } from '../../../src/registry/zookeeper/connect-string.ts'
import { DocumentCache } from '../../../src/registry/zookeeper/document-cache.ts'

const node = (version: number, text: string) => ({ version, text, mzxid: version, savedAtMs: 0 })

test('C2 of two states of a node the later one stays, also when the earlier takes longer to write', async () => {
  await using dir = await tempDir()
  const cache = new DocumentCache(dir.path, parseConnectString('127.0.0.1:2181'), testLogger().log)

  for (let version = 0; version < 100; version += 2) {
    cache.save('topic', 't', node(version, 'x'.repeat(500_000)))
    await new Promise(resolve => setImmediate(resolve))
    cache.save('topic', 't', node(version + 1, 'y'))
    await cache.idle()
    expect((await cache.load('topic', 't'))?.version).toBe(version + 1)
  }
})
