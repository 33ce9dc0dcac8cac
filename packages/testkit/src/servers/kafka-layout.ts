import { join } from 'node:path'
import { serverPorts } from './server-port.ts'

export type KafkaVersion = '4' | '3'

export interface KafkaNode {
  readonly id: number
  readonly dir: string
  readonly dataDir: string
  readonly clientPort: number
  /** Where clients are told to connect. */
  readonly advertisedPort: number
  readonly brokerPort: number
  readonly controllerPort: number
}

/** Where everything of one cluster is: folders and ports of its nodes, which are numbered from 1. */
export class KafkaLayout {
  readonly version: KafkaVersion
  readonly nodes: readonly KafkaNode[]
  readonly settings: Readonly<Record<string, string>>

  constructor(
    version: KafkaVersion,
    nodes: readonly KafkaNode[],
    settings: Readonly<Record<string, string>> = {},
  ) {
    this.version = version
    this.nodes = nodes
    this.settings = settings
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
  given?: KafkaPorts,
): Promise<readonly KafkaNode[]> {
  const drawn = await serverPorts(brokers * 3)
  const { client = [], peer = [], controller = [] } = given ?? {}
  return Array.from({ length: brokers }, (_, index) => {
    const portOf = (ports: readonly number[], kind: number): number =>
      ports[index] ?? drawn[index * 3 + kind] ?? 0
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
    }
  })
}
