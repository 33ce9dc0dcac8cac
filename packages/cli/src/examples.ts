import type { Command } from 'commander'

/** Adds runnable examples to the end of a command's help. */
export function withExamples(command: Command, examples: readonly string[]): Command {
  return command.addHelpText('after', `\nExamples:\n${examples.map(example => `  $ ${example}`).join('\n')}`)
}
