import { existsSync } from 'node:fs'
import { eventually, startZooKeeper, tempDir, zookeeperMissing } from '@ddmq/testkit'
import { describe, expect, test } from 'vitest'

const reason = zookeeperMissing()
const needs = reason === undefined ? '' : ` (needs ZooKeeper 3.9: ${reason})`

describe.skipIf(reason !== undefined)(`ZooKeeper${needs}`, () => {
  test('one node serves, keeps its data over kill −9, and another start of its folder finds them', async () => {
    await using dir = await tempDir()
    {
      await using ensemble = await startZooKeeper({ nodes: 1, dir: dir.path })
      await ensemble.shell('create', '/a', 'text-of-a')
      await ensemble.nodes[0]?.process.kill()
      expect(await ensemble.leader()).toBeUndefined()
      await ensemble.start()
      expect(await ensemble.shell('get', '/a')).toContain('text-of-a')
    }

    await using again = await startZooKeeper({ nodes: 1, dir: dir.path })
    expect(await again.shell('get', '/a')).toContain('text-of-a')
    expect(existsSync(dir.path)).toBe(true)
  })

  test('three nodes choose a leader, and another one when it is killed', async () => {
    await using ensemble = await startZooKeeper({ nodes: 3 })
    const first = await eventually(
      async () => (await ensemble.leader()) ?? Promise.reject(new Error('no leader')),
    )

    await first.process.kill()
    const second = await eventually(
      async () => (await ensemble.leader()) ?? Promise.reject(new Error('no leader')),
      30_000,
    )
    expect(second.id).not.toBe(first.id)

    await ensemble.start()
    expect(await first.mode()).toBe('follower')
  })
})
