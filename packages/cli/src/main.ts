import { describeError } from '@ddmq/common/errors'
import { CommanderError } from 'commander'
import { EXIT, exitCodeOf } from './exit-codes.ts'
import { createProgram } from './program.ts'

// A reader that closes early (`ddmq tail orders | head -1`) ends the command; it is not a failure.
process.stdout.on('error', error => {
  if ('code' in error && error.code === 'EPIPE') process.exit(EXIT.ok)
  process.stderr.write(`ddmq: the output cannot be written: ${describeError(error)}\n`)
  process.exit(EXIT.failed)
})

const program = createProgram()
for (const command of [program, ...program.commands.flatMap(each => [each, ...each.commands])])
  command.exitOverride()

try {
  await program.parseAsync()
} catch (thrown) {
  if (thrown instanceof CommanderError) {
    process.exitCode = thrown.exitCode === 0 ? EXIT.ok : EXIT.usage
  } else {
    process.stderr.write(`ddmq: ${describeError(thrown)}\n`)
    process.exitCode = exitCodeOf(thrown)
  }
}
