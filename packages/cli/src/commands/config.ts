import { Command } from 'commander'
import { contextOf } from '../context.ts'
import { withExamples } from '../examples.ts'

/** `ddmq config export|import` */
export function configCommand(): Command {
  return new Command('config')
    .description('take the config tree out as one file, and put it in; --config names any file of a service')
    .addCommand(exportCommand())
    .addCommand(importCommand())
}

function exportCommand(): Command {
  const command = new Command('export')
    .description('everything in the tree as one JSON document')
    .argument('[file]', 'written for its owner only; without one it is printed')
    .action(async (file: string | undefined, _: object, invoked: Command) => {
      const { exportConfigTree } = await import('../services/config-tree.ts')
      await exportConfigTree(contextOf(invoked), file)
    })
  return withExamples(command, ['ddmq config export tree.json --config console.yaml'])
}

function importCommand(): Command {
  const command = new Command('import')
    .description('write the nodes of an exported tree; may be repeated')
    .argument('<file>')
    .option('--overwrite', 'also nodes that hold something else', false)
    .action(async (file: string, { overwrite }: { overwrite: boolean }, invoked: Command) => {
      const { importConfigTree } = await import('../services/config-tree.ts')
      await importConfigTree(contextOf(invoked), file, overwrite)
    })
  return withExamples(command, ['ddmq config import tree.json --config console.yaml'])
}
