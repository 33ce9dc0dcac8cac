import { randomBytes } from 'node:crypto'
import { cp, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { JAVA, javaArgs } from './java.ts'
import { kafkaConfig } from './kafka-config.ts'
import { KafkaLayout, type KafkaVersion, kafkaNodes } from './kafka-layout.ts'
import { onceCached } from './once-cached.ts'
import { run } from './run.ts'

const META = 'meta.properties'

/**
 * Gives every node that has none a formatted data folder. Kafka's own tool formats one per version and machine; the
 * others are copies of it with ids of their own, because starting a JVM for each takes longer than starting the broker.
 */
export async function formatStorage(layout: KafkaLayout, jars: string): Promise<void> {
  if (await isFormatted(layout)) return
  const template = await formattedOnce(layout.version, jars)
  const clusterId = uuid()
  for (const { id, dataDir } of layout.nodes) {
    await cp(template, dataDir, { recursive: true })
    const meta = join(dataDir, META)
    const own = { 'cluster.id': clusterId, 'node.id': `${id}`, 'directory.id': uuid() }
    await writeFile(meta, replaceValues(await readFile(meta, 'utf8'), own))
  }
}

function isFormatted({ nodes }: KafkaLayout): Promise<boolean> {
  return Promise.all(nodes.map(({ dataDir }) => stat(join(dataDir, META)))).then(
    () => true,
    () => false,
  )
}

async function formattedOnce(version: KafkaVersion, jars: string): Promise<string> {
  const dir = await onceCached(`${jars}-formatted`, async unfinished => {
    const layout = new KafkaLayout(version, await kafkaNodes(unfinished, 1))
    const config = join(unfinished, 'server.properties')
    await mkdir(join(unfinished, '1'))
    await writeFile(config, kafkaConfig(layout, 1))
    const tool = javaArgs({ jars, mainClass: 'kafka.tools.StorageTool', heapMb: 64 })
    await run(JAVA, [...tool, 'format', '--cluster-id', uuid(), '--config', config])
  })
  return join(dir, '1', 'data')
}

function replaceValues(properties: string, values: Readonly<Record<string, string>>): string {
  const lines = properties.split('\n').map(line => {
    const [name = ''] = line.split('=')
    return name in values ? `${name}=${values[name]}` : line
  })
  return lines.join('\n')
}

/** A random id as Kafka writes them; it must not begin with a dash. */
function uuid(): string {
  return randomBytes(16).toString('base64url').replace(/^-/, 'A')
}
