import { describe, expect, test } from 'vitest'
import { wantedClusters } from '../src/core/broker-clusters.ts'
import { cproxyDocument, pproxyDocument } from '../src/core/documents/proxy-documents.ts'
import { PPROXY_TEMPLATE } from '../src/core/engine-templates.ts'
import { inventoryWith, nodes } from './support/inventory.ts'

/** A Kafka cluster and one of RocketMQ beside the embedded one, with the templates of an adopted database. */
function adopted(template: object) {
  return inventoryWith({
    nodes: [...nodes('pproxy', 1), ...nodes('cproxy', 1)],
    mqServers: [
      { id: 1, name: 'R_default', addr: 'embedded', type: 10 },
      { id: 2, name: 'K_adopted', addr: 'zk-1:2181,zk-2:2181', type: 1 },
      { id: 3, name: 'R_old', addr: '10.0.0.9:9876', type: 0 },
    ],
    relations: [
      { clusterId: 1, mqServerId: 2, kind: 'pproxy', proxyConf: { ...PPROXY_TEMPLATE, ...template } },
      {
        clusterId: 1,
        mqServerId: 2,
        kind: 'cproxy',
        proxyConf: { zookeeperAddr: 'zk-1:2181', autoCommitInterval: 500 },
      },
      { clusterId: 1, mqServerId: 1, kind: 'pproxy', proxyConf: {} },
      { clusterId: 1, mqServerId: 1, kind: 'cproxy', proxyConf: {} },
    ],
  })
}

describe('engines of the proxies', () => {
  const kafkaConfigurationMap = {
    K_adopted: { bootstrapServers: ['k-1:9092'], acks: '1', clientId: 'theirs' },
  }
  const [producer, consumer] = [nodes('pproxy', 1)[0], nodes('cproxy', 1)[0]]

  test('the template of an adopted database keeps its Kafka entry, addresses included', () => {
    const inventory = adopted({ kafkaProducers: 3, kafkaConfigurationMap })
    expect(producer && pproxyDocument(inventory, producer)).toMatchObject({
      brokerClusters: ['K_adopted', 'R_default'],
      carreraConfiguration: {
        useKafka: true,
        kafkaProducers: 3,
        kafkaConfigurationMap: {
          K_adopted: { bootstrapServers: ['k-1:9092'], acks: '1', clientId: 'theirs', retries: 10 },
        },
        embeddedConfigurationMap: { R_default: { clusterName: 'R_default' } },
      },
    })
    expect(consumer && cproxyDocument(inventory, consumer)).toMatchObject({
      kafkaConfigs: {
        K_adopted: {
          clusterName: 'K_adopted',
          zookeeperAddr: 'zk-1:2181',
          bootstrapServers: ['k-1:9092'],
          autoCommitInterval: 500,
        },
      },
    })
    expect(wantedClusters(inventory)).toEqual(
      new Map([
        ['R_default', { engine: 'embedded' }],
        ['K_adopted', { engine: 'kafka', bootstrapServers: ['k-1:9092'] }],
      ]),
    )
  })

  test('without a template the addresses are those of the row; a cluster that is not bound is in no map', () => {
    const stale = { kafkaConfigurationMap: { K_gone: kafkaConfigurationMap.K_adopted } }
    const document = producer && pproxyDocument(adopted(stale), producer)
    expect(document?.carreraConfiguration.kafkaConfigurationMap).toEqual({
      K_adopted: expect.objectContaining({ bootstrapServers: ['zk-1:2181', 'zk-2:2181'], acks: 'all' }),
    })
  })
})
