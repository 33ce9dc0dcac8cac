import type { Command } from 'commander'

/** What the id of a delayed message looks like. */
export const EXAMPLE_DELAY_ID = '1798135200-2-1798308000-0-0-0-0-14f22520-ad72-11e7-91be-6ee54da579e3'

/** Adds runnable examples to the end of a command's help. */
export function withExamples(command: Command, examples: readonly string[]): Command {
  return command.addHelpText('after', `\nExamples:\n${examples.map(example => `  $ ${example}`).join('\n')}`)
}
