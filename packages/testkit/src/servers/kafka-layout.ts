import { join } from 'node:path'
import { serverPorts } from './server-port.ts'

export type KafkaVersion = '4' | '3' | '3.5'

export interface KafkaNode {
  readonly id: number
  readonly dir: string
  readonly dataDir: string
  readonly clientPort: number
  /** Where clients are told to connect. */
  readonly advertisedPort: number
  readonly brokerPort: number
  readonly controllerPort: number
  /** Of the further listeners, by name. */
  readonly listenerPorts: Readonly<Record<string, number>>
}

/** How clients of a listener are encrypted and known. */
type KafkaSecurity = 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL'
export type KafkaListeners = Readonly<Record<string, KafkaSecurity>>

/** Where everything of one cluster is: folders and ports of its nodes, which are numbered from 1. */
export class KafkaLayout {
  readonly version: KafkaVersion
  readonly nodes: readonly KafkaNode[]
  readonly settings: Readonly<Record<string, string>>
  readonly listeners: KafkaListeners

  constructor(
    version: KafkaVersion,
    nodes: readonly KafkaNode[],
    { settings = {}, listeners = {} }: Partial<Pick<KafkaLayout, 'settings' | 'listeners'>> = {},
  ) {
    this.version = version
    this.nodes = nodes
    this.settings = settings
    this.listeners = listeners
  }

  node(id: number): KafkaNode {
    const node = this.nodes.find(candidate => candidate.id === id)
    if (node === undefined) throw new Error(`there is no broker ${id}`)
    return node
  }
}

export interface KafkaPorts {
  /** One per broker, for clients; drawn where not given. */
  readonly client?: readonly number[]
  /** Likewise, for the other brokers. */
  readonly peer?: readonly number[]
  readonly controller?: readonly number[]
}

/** The nodes of a cluster that lies in `dir`; ports that are not given are drawn. */
export async function kafkaNodes(
  dir: string,
  brokers: number,
  { ports: given, listeners = {} }: { readonly ports?: KafkaPorts; readonly listeners?: KafkaListeners } = {},
): Promise<readonly KafkaNode[]> {
  const names = Object.keys(listeners)
  const each = 3 + names.length
  const drawn = await serverPorts(brokers * each)
  const { client = [], peer = [], controller = [] } = given ?? {}
  return Array.from({ length: brokers }, (_, index) => {
    const own = drawn.slice(index * each, (index + 1) * each)
    const further = own.slice(3)
    const portOf = (ports: readonly number[], kind: number): number => ports[index] ?? own[kind] ?? 0
    const clientPort = portOf(client, 0)
    const id = index + 1
    return {
      id,
      dir: join(dir, `${id}`),
      dataDir: join(dir, `${id}`, 'data'),
      clientPort,
      advertisedPort: clientPort,
      brokerPort: portOf(peer, 1),
      controllerPort: portOf(controller, 2),
      listenerPorts: Object.fromEntries(names.map((name, place) => [name, further[place] ?? 0])),
    }
  })
}
