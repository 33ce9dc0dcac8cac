/** Where the processes of one dev-cluster listen; all on the loopback. */
export interface ClusterPorts {
  readonly console: number
  readonly consoleAdmin: number
  readonly producerProxies: readonly ProxyPorts[]
  readonly consumerProxies: readonly ProxyPorts[]
  /** Admin listeners of the delay services: they have no other. */
  readonly chronos: readonly number[]
  readonly kafka: readonly number[]
  /** Between the brokers. */
  readonly kafkaPeers: readonly number[]
  readonly kafkaControllers: readonly number[]
  readonly zooKeeper: readonly number[]
  readonly zooKeeperPeers: readonly number[]
  readonly zooKeeperElections: readonly number[]
  readonly mariaDb: number
}

interface ProxyPorts {
  readonly port: number
  readonly admin: number
}

/** The services stand where the commands look for them; the servers below lie off their usual ports, which may be in use. */
const BASE: ClusterPorts = {
  console: 8080,
  consoleAdmin: 9610,
  producerProxies: [
    { port: 9613, admin: 9611 },
    { port: 9614, admin: 9615 },
  ],
  consumerProxies: [
    { port: 9713, admin: 9612 },
    { port: 9714, admin: 9616 },
  ],
  chronos: [9617, 9618],
  kafka: [13_092, 13_093, 13_094],
  kafkaPeers: [13_290, 13_291, 13_292],
  kafkaControllers: [13_192, 13_193, 13_194],
  zooKeeper: [12_180, 12_181, 12_182],
  zooKeeperPeers: [12_278, 12_279, 12_280],
  zooKeeperElections: [12_378, 12_379, 12_380],
  mariaDb: 13_307,
}

const GREATEST_OFFSET = 65_535 - Math.max(...allPorts(BASE))

/** The ports with the offset added to each. */
export function clusterPorts(offset: number): ClusterPorts {
  if (!Number.isInteger(offset) || offset < 0 || offset > GREATEST_OFFSET) {
    throw new Error(`--port-offset must be a whole number from 0 to ${GREATEST_OFFSET}`)
  }
  const moved = (port: number): number => port + offset
  const proxy = ({ port, admin }: ProxyPorts): ProxyPorts => ({ port: moved(port), admin: moved(admin) })
  return {
    console: moved(BASE.console),
    consoleAdmin: moved(BASE.consoleAdmin),
    producerProxies: BASE.producerProxies.map(proxy),
    consumerProxies: BASE.consumerProxies.map(proxy),
    chronos: BASE.chronos.map(moved),
    kafka: BASE.kafka.map(moved),
    kafkaPeers: BASE.kafkaPeers.map(moved),
    kafkaControllers: BASE.kafkaControllers.map(moved),
    zooKeeper: BASE.zooKeeper.map(moved),
    zooKeeperPeers: BASE.zooKeeperPeers.map(moved),
    zooKeeperElections: BASE.zooKeeperElections.map(moved),
    mariaDb: moved(BASE.mariaDb),
  }
}

/** Every port of the cluster. */
export function allPorts(ports: ClusterPorts): readonly number[] {
  return [
    ports.console,
    ports.consoleAdmin,
    ...[...ports.producerProxies, ...ports.consumerProxies].flatMap(proxy => [proxy.port, proxy.admin]),
    ...ports.chronos,
    ...ports.kafka,
    ...ports.kafkaPeers,
    ...ports.kafkaControllers,
    ...ports.zooKeeper,
    ...ports.zooKeeperPeers,
    ...ports.zooKeeperElections,
    ports.mariaDb,
  ]
}
