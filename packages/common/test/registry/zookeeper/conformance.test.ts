import { describeRegistry } from '@ddmq/common/registry/conformance'
import { startZooKeeper, type ZooKeeperEnsemble } from '@ddmq/testkit'
import { afterAll, beforeAll, describe } from 'vitest'
import { openRegistry, rawNodes, settingsFor } from './fixture.ts'
import { needs, zookeeperUntestable } from './requirement.ts'

const reason = zookeeperUntestable()

describe.skipIf(reason !== undefined)(`ZooKeeper${needs(reason)}`, () => {
  let ensemble: ZooKeeperEnsemble
  beforeAll(async () => {
    ensemble = await startZooKeeper({ nodes: 1 })
  })
  afterAll(async () => ensemble[Symbol.asyncDispose]())

  describeRegistry({
    name: 'ZooKeeper',
    async open() {
      const settings = settingsFor(ensemble.connectString)
      const opened = await openRegistry(settings)
      const raw = rawNodes(settings)
      return {
        registry: opened.registry,
        writeRaw: async (path, text) => raw.writeRaw(path, text),
        readRaw: async path => raw.readRaw(path),
        async [Symbol.asyncDispose]() {
          await raw[Symbol.asyncDispose]()
          await opened[Symbol.asyncDispose]()
        },
      }
    },
  })
})
