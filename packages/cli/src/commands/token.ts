import { Command } from 'commander'
import { z } from 'zod'
import { contextOf } from '../context.ts'
import { withExamples } from '../examples.ts'

const tokenSchema = z.object({ name: z.string(), createdAt: z.string() })
const createdTokenSchema = tokenSchema.extend({ token: z.string() })

/** `ddmq token create|list|revoke` */
export function tokenCommand(): Command {
  return new Command('token')
    .description('manage API tokens of the console')
    .addCommand(createCommand())
    .addCommand(listCommand())
    .addCommand(revokeCommand())
}

function createCommand(): Command {
  const create = new Command('create')
    .description('create an API token; it is shown this once')
    .argument('<name>', 'what it is for')
    .action(async (name: string, _: object, command: Command) => {
      const context = contextOf(command)
      const created = await (await context.console()).post('/tokens', { name }, createdTokenSchema)
      context.output.item(created, created.token)
    })
  return withExamples(create, [
    'ddmq token create deploy',
    'curl -H "Authorization: Bearer $(ddmq token create ci)" http://127.0.0.1:8080/carrera/api/odin/internal/v4/initAllZk',
  ])
}

function listCommand(): Command {
  const list = new Command('list')
    .description('list API tokens')
    .action(async (_: object, command: Command) => {
      const context = contextOf(command)
      const tokens = await (await context.console()).get('/tokens', z.array(tokenSchema))
      context.output.rows(tokens, { NAME: row => row.name, CREATED: row => row.createdAt }, 'no tokens')
    })
  return withExamples(list, ['ddmq token list'])
}

function revokeCommand(): Command {
  const revoke = new Command('revoke')
    .description('revoke an API token')
    .argument('<name>')
    .action(async (name: string, _: object, command: Command) => {
      const context = contextOf(command)
      await (await context.console()).delete(`/tokens/${encodeURIComponent(name)}`)
      context.output.item({ revoked: name }, `revoked ${name}`)
    })
  return withExamples(revoke, ['ddmq token revoke deploy'])
}
