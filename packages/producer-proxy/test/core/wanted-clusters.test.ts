import { describe, expect, it } from 'vitest'
import { wantedClusters } from '../../src/core/wanted-clusters.ts'
import { kafkaEntry, proxyDocument } from '../documents.ts'

function wanted(carrera: object, before: ReturnType<typeof wantedClusters> = new Map()) {
  const instance = '10.0.0.1:9613'
  return wantedClusters(proxyDocument({ instance, clusters: ['A', 'B'], carrera }), before)
}

describe('clusters a document asks for', () => {
  const kafka = { kafkaProducers: 1, kafkaConfigurationMap: { B: kafkaEntry('b:9092') } }

  it('are those of the embedded engine and of Kafka, with its addresses', () => {
    expect(
      wanted({ ...kafka, useKafka: true, embeddedConfigurationMap: { A: { clusterName: 'A' } } }),
    ).toEqual(
      new Map([
        ['A', { engine: 'embedded' }],
        ['B', { engine: 'kafka', bootstrapServers: ['b:9092'] }],
      ]),
    )
  })

  it('PP-32 are none of an engine that is switched off', () => {
    expect([...wanted({ ...kafka, embeddedConfigurationMap: { A: { clusterName: 'A' } } }).keys()]).toEqual([
      'A',
    ])
  })

  it('stay as they were where a map has become entirely empty, and go where it is left out', () => {
    const before = wanted({ embeddedConfigurationMap: { A: { clusterName: 'A' } } })
    const emptied = wanted({ ...kafka, useKafka: true, embeddedConfigurationMap: {} }, before)
    expect([...emptied.keys()].toSorted()).toEqual(['A', 'B'])
    const left = wanted({ ...kafka, useKafka: true, embeddedConfigurationMap: undefined }, before)
    expect([...left.keys()]).toEqual(['B'])
  })
})
