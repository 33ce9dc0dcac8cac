import { kafkaServers } from '../broker-clusters.ts'
import { KAFKA_CONSUMER_ENTRY, KAFKA_PRODUCER_ENTRY } from '../engine-templates.ts'
import { type Inventory, MQ_SERVER_TYPE, type MqServer, type Relation } from '../model.ts'

/** A broker cluster that a logical cluster is bound to. */
export interface Bound {
  readonly relation: Relation
  readonly mqServer: MqServer
}

/**
 * The template with the engine members that follow from the broker clusters, whatever it says of engines that are not among
 * them. A map that nothing stands in is left out: proxies take an empty one for an accident.
 */
export function withEngines(
  inventory: Inventory,
  bounds: readonly Bound[],
  template: Readonly<Record<string, unknown>> = {},
) {
  const { kafkaConfigurationMap: _kafka, embeddedConfigurationMap: _embedded, ...rest } = template
  const kafka = bounds.filter(isKafka)
  const embedded = embeddedMap(bounds)
  const producers = Number(template['kafkaProducers'] ?? 0)
  const kafkaMap = Object.fromEntries(
    kafka.map(({ relation, mqServer }) => [
      mqServer.name,
      {
        ...KAFKA_PRODUCER_ENTRY,
        ...entryOf(template, mqServer),
        ...entryOf(relation.proxyConf, mqServer),
        bootstrapServers: kafkaServers(inventory, mqServer),
      },
    ]),
  )
  return {
    ...rest,
    useKafka: kafka.length > 0,
    kafkaProducers: kafka.length > 0 ? Math.max(1, producers) : producers,
    ...(kafka.length === 0 ? {} : { kafkaConfigurationMap: kafkaMap }),
    ...(Object.keys(embedded).length === 0 ? {} : { embeddedConfigurationMap: embedded }),
  }
}

/** The engine members of a consumer proxy's document. A Kafka relation's template is its entry, as the original has it. */
export function consumerEngines(inventory: Inventory, bounds: readonly Bound[]) {
  return {
    kafkaConfigs: Object.fromEntries(
      bounds.filter(isKafka).map(({ relation, mqServer }) => [
        mqServer.name,
        {
          ...KAFKA_CONSUMER_ENTRY,
          bootstrapServers: kafkaServers(inventory, mqServer),
          ...relation.proxyConf,
          clusterName: mqServer.name,
        },
      ]),
    ),
    rocketmqConfigs: {},
    embeddedConfigs: embeddedMap(bounds),
  }
}

function embeddedMap(bounds: readonly Bound[]) {
  return Object.fromEntries(
    bounds
      .filter(bound => bound.mqServer.type === MQ_SERVER_TYPE.embedded)
      .map(({ mqServer }) => [mqServer.name, { clusterName: mqServer.name }]),
  )
}

function isKafka({ mqServer }: Bound): boolean {
  return mqServer.type === MQ_SERVER_TYPE.kafka || mqServer.type === MQ_SERVER_TYPE.virtualKafka
}

function entryOf(template: Readonly<Record<string, unknown>>, mqServer: MqServer): object {
  const map = template['kafkaConfigurationMap']
  const entry: unknown = typeof map === 'object' && map !== null ? Reflect.get(map, mqServer.name) : undefined
  return typeof entry === 'object' && entry !== null ? entry : {}
}
