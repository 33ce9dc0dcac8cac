import { describeRegistry } from '@ddmq/common/registry/conformance'
import { startZooKeeper, type ZooKeeperEnsemble, zookeeperMissing } from '@ddmq/testkit'
import { afterAll, beforeAll, describe } from 'vitest'
import { openRegistry, rawNodes, settingsFor } from './fixture.ts'
import { needs } from './requirement.ts'

const reason = zookeeperMissing()

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
