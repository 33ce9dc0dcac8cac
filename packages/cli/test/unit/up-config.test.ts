import { loadConfig } from '@ddmq/common/config'
import { expect, test } from 'vitest'
import { portsWithOffset } from '../../src/ports.ts'
import { consoleConfig, upConfigSchema, upDefaults } from '../../src/standalone/up-config.ts'

const load = (flags: object) =>
  loadConfig(upConfigSchema, {
    base: upDefaults('127.0.0.1', portsWithOffset(100), '/data'),
    env: {},
    envPrefix: 'DDMQ_UP',
    flags,
  })

test('the console keeps its database in the data folder and serves the proxies where they really are', () => {
  const config = load({ dataDir: '/elsewhere', producerProxy: { port: 9999, advertisedHost: '10.0.0.5' } })

  expect(consoleConfig(config)).toMatchObject({
    port: 8180,
    database: { sqlite: { file: '/elsewhere/console.db' } },
    seed: {
      brokerCluster: 'R_default',
      producerProxies: ['10.0.0.5:9999'],
      consumerProxies: ['127.0.0.1:9813'],
    },
  })
})

test('what follows from the process itself cannot be configured beside it', () => {
  expect(() => load({ console: { seed: { producerProxies: [] } } })).toThrow(/producerProxies/)
})

test('the embedded log and tree are exchanged together, the database by itself', () => {
  const kafka = { bootstrapServers: ['127.0.0.1:9092'] }
  const registry = { embedded: { dir: '/tree' } }
  const sqlite = { file: '/elsewhere.db' }

  expect(() => load({ brokerClusters: { R_default: { kafka } } })).toThrow(/brokerClusters: registry and/)
  expect(() => load({ registry })).toThrow(/brokerClusters: registry and/)
  expect(load({ registry, brokerClusters: { R_default: { kafka } } })).toMatchObject({ registry })
  expect(consoleConfig(load({ console: { database: { sqlite } } }))).toMatchObject({ database: { sqlite } })
})
