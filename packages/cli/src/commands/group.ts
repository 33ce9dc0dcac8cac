import { Command } from 'commander'
import { z } from 'zod'
import { groupSchema } from '../console-documents.ts'
import { contextOf } from '../context.ts'
import { withExamples } from '../examples.ts'

/** `ddmq group create|list` */
export function groupCommand(): Command {
  return new Command('group')
    .description('create and list consumer groups')
    .addCommand(createCommand())
    .addCommand(listCommand())
}

function createCommand(): Command {
  const create = new Command('create')
    .description('create a consumer group')
    .argument('<group>')
    .action(async (group: string, _: object, command: Command) => {
      const context = contextOf(command)
      const created = await (await context.console()).post('/groups', { group }, groupSchema)
      context.output.item(created, `created group ${created.group}`)
    })
  return withExamples(create, ['ddmq group create cg_billing'])
}

function listCommand(): Command {
  const list = new Command('list')
    .description('list consumer groups and what they subscribe to')
    .action(async (_: object, command: Command) => {
      const context = contextOf(command)
      const groups = await (await context.console()).get('/groups', z.array(groupSchema))
      context.output.rows(
        groups,
        { GROUP: row => row.group, TOPICS: row => row.topics.join(', ') },
        'no groups: ddmq group create <group>',
      )
    })
  return withExamples(list, ['ddmq group list'])
}
