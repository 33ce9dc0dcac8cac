import { Argument, Command } from 'commander'
import { z } from 'zod'
import { contextOf } from '../context.ts'
import { withExamples } from '../examples.ts'

/** `ddmq delay pause|resume <topic>` */
export function delaySwitchCommand(verb: 'pause' | 'resume'): Command {
  const paused = verb === 'pause'
  const command = new Command(verb)
    .description(
      paused
        ? 'deliver nothing of a topic of delayed messages; what becomes due waits'
        : 'deliver again, beginning with what became due meanwhile (see misfire)',
    )
    .argument('<topic>')
    .action((topic: string, _: object, self: Command) => change(self, topic, { paused }, `${verb}d ${topic}`))
  return withExamples(command, [`ddmq delay ${verb} later`])
}

/** `ddmq delay misfire <topic> all|latest|skip` */
export function delayMisfireCommand(): Command {
  const command = new Command('misfire')
    .description(
      'which rounds of a loop are delivered when several are due at once: all of them, the latest, or none',
    )
    .argument('<topic>')
    .addArgument(new Argument('<policy>').choices(['all', 'latest', 'skip']))
    .action((topic: string, misfire: string, _: object, self: Command) =>
      change(self, topic, { misfire }, `of several missed rounds of ${topic}: ${misfire}`),
    )
  return withExamples(command, ['ddmq delay misfire later latest'])
}

async function change(command: Command, topic: string, settings: object, done: string): Promise<void> {
  const context = contextOf(command)
  await (await context.console()).put(`/topics/${encodeURIComponent(topic)}/delay`, settings, z.unknown())
  context.output.item({ topic, ...settings }, done)
}
