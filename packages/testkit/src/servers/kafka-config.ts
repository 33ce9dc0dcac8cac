import type { KafkaLayout } from './kafka-layout.ts'

const HOST = '127.0.0.1'

/**
 * The settings of one broker, which is a controller as well. Clients have a listener of their own, so that it can be
 * secured, or advertised at a fault proxy, while the brokers talk to each other directly.
 */
export function kafkaConfig(layout: KafkaLayout, id: number): string {
  const { settings } = layout
  const lines = Object.entries({ ...broker(layout, id), ...replication(layout.nodes.length), ...settings })
  return lines.map(([name, value]) => `${name}=${value}\n`).join('')
}

function broker(layout: KafkaLayout, id: number): Readonly<Record<string, string>> {
  const { nodes } = layout
  const node = layout.node(id)
  const further = Object.entries(node.listenerPorts).map(([name, port]) => `,${name}://${HOST}:${port}`)
  const secured = Object.entries(layout.listeners).map(([name, security]) => `,${name}:${security}`)
  return {
    'process.roles': 'broker,controller',
    'node.id': `${id}`,
    'broker.rack': `rack${id}`,
    'controller.quorum.voters': nodes.map(voter => `${voter.id}@${HOST}:${voter.controllerPort}`).join(),
    listeners: `CLIENT://${HOST}:${node.clientPort},BROKER://${HOST}:${node.brokerPort},CONTROLLER://${HOST}:${node.controllerPort}${further.join('')}`,
    'advertised.listeners': `CLIENT://${HOST}:${node.advertisedPort},BROKER://${HOST}:${node.brokerPort}${further.join('')}`,
    'inter.broker.listener.name': 'BROKER',
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': `CLIENT:PLAINTEXT,BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT${secured.join('')}`,
    'log.dirs': node.dataDir,
    'num.network.threads': '2',
    'num.io.threads': '4',
    'log.cleaner.dedupe.buffer.size': '16777216',
    'auto.create.topics.enable': 'false',
    'group.initial.rebalance.delay.ms': '0',
  }
}

function replication(brokers: number): Readonly<Record<string, string>> {
  const factor = `${Math.min(brokers, 3)}`
  const inSync = brokers > 2 ? '2' : '1'
  return {
    'default.replication.factor': factor,
    'min.insync.replicas': inSync,
    'offsets.topic.replication.factor': factor,
    'offsets.topic.num.partitions': '8',
    'transaction.state.log.replication.factor': factor,
    'transaction.state.log.min.isr': inSync,
    'transaction.state.log.num.partitions': '8',
    'share.coordinator.state.topic.replication.factor': factor,
    'share.coordinator.state.topic.min.isr': inSync,
    'share.coordinator.state.topic.num.partitions': '8',
  }
}
