import { readFile, writeFile } from 'node:fs/promises'
import { loadConfig } from '@ddmq/common/config'
import { describeError } from '@ddmq/common/errors'
import { createLogger, type Logger } from '@ddmq/common/log'
import { documentTree, EmbeddedRegistry, exportTree, importTree, type RawTree } from '@ddmq/common/registry'
import { openZooKeeperTree } from '@ddmq/common/registry/zookeeper'
import { z } from 'zod'
import type { CommandContext } from '../context.ts'
import { UsageError } from '../errors.ts'
import { withProgress } from '../progress.ts'
import { type PortConfig, portShape } from './port-config.ts'

/** Of any service's file only where the tree is. */
const treeSchema = z.looseObject({ registry: portShape.registry })

/** Writes everything in the tree to a file, or prints it. */
export async function exportConfigTree(context: CommandContext, file: string | undefined): Promise<void> {
  const text = await withTree(context, async tree => JSON.stringify(await exportTree(tree), undefined, 2))
  if (file === undefined) {
    process.stdout.write(`${text}\n`)
    return
  }
  await writeFile(file, `${text}\n`, { mode: 0o600 })
  context.output.item({ file }, `wrote ${file}`)
}

/** Writes the nodes of an exported tree into this one. */
export async function importConfigTree(
  context: CommandContext,
  file: string,
  overwrite: boolean,
): Promise<void> {
  const content = await readExport(file)
  const report = await withTree(context, tree => importTree(tree, content, { overwrite }))
  const { written, same, kept } = report
  const left =
    kept.length === 0 ? '' : `, left ${kept.length} that hold something else (--overwrite replaces them)`
  context.output.item(report, `wrote ${written} nodes, ${same} were the same${left}`)
}

async function withTree<Result>(
  context: CommandContext,
  work: (tree: RawTree) => Promise<Result>,
): Promise<Result> {
  const { config } = context.options
  const { registry } = loadConfig(treeSchema, {
    ...(config === undefined ? {} : { file: config }),
    env: process.env,
    envPrefix: 'DDMQ_CONFIG',
  })
  const log = createLogger({ level: 'error', pretty: process.stderr.isTTY, destination: process.stderr })
  return withProgress('asking the config tree', async () => {
    await using tree = await openTree(registry, log)
    return await work(tree)
  })
}

async function openTree(
  { zookeeper, embedded }: PortConfig['registry'],
  log: Logger,
): Promise<RawTree & AsyncDisposable> {
  if (zookeeper !== undefined) return openZooKeeperTree(zookeeper, log)
  const registry = new EmbeddedRegistry({ dir: embedded?.dir ?? '', log })
  await registry.start()
  return { ...documentTree(registry), [Symbol.asyncDispose]: () => registry.stop() }
}

async function readExport(file: string): Promise<unknown> {
  try {
    const content: unknown = JSON.parse(await readFile(file, 'utf8'))
    return content
  } catch (cause) {
    throw new UsageError(`${file} is no export of a config tree: ${describeError(cause)}`, { cause })
  }
}
