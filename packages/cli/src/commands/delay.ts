import type { DelayResult } from '@ddmq/sdk'
import { Command } from 'commander'
import { contextOf } from '../context.ts'
import { RefusedError } from '../errors.ts'
import { EXAMPLE_DELAY_ID, withExamples } from '../examples.ts'
import { timeoutOption, withProducer } from '../with-producer.ts'
import { delaySendCommand } from './delay-send.ts'
import { delayShowCommand } from './delay-show.ts'
import { delayStatsCommand } from './delay-stats.ts'
import { delayMisfireCommand, delaySwitchCommand } from './delay-topic.ts'

/** `ddmq delay send|cancel|show|stats|pause|resume|misfire` */
export function delayCommand(): Command {
  return new Command('delay')
    .description('send messages that are delivered later, and look after them')
    .addCommand(delaySendCommand())
    .addCommand(cancelCommand())
    .addCommand(delayShowCommand())
    .addCommand(delayStatsCommand())
    .addCommand(delaySwitchCommand('pause'))
    .addCommand(delaySwitchCommand('resume'))
    .addCommand(delayMisfireCommand())
}

function cancelCommand(): Command {
  const cancel = new Command('cancel')
    .description('take back the rounds of a delayed message, from the one the id names on')
    .argument('<topic>')
    .argument('<id>', 'as send printed it, or the key of a delivered round')
    .addOption(timeoutOption())
    .action(async (topic: string, delayId: string, options: { timeout: number }, command: Command) => {
      const context = contextOf(command)
      const result = await withProducer(context, options.timeout, producer =>
        producer.cancelDelay(topic, delayId),
      )
      if (result.code !== 0) throw notCancelled(result)
      context.output.item(
        { topic, delayId, proxy: result.proxy },
        `cancelled in ${topic}, unless it was delivered: ${delayId}`,
      )
    })
  return withExamples(cancel, [`ddmq delay cancel later ${EXAMPLE_DELAY_ID}`])
}

/** A cancel may be repeated whatever became of it. */
function notCancelled({ maybeDuplicate, message, code }: DelayResult): RefusedError {
  return new RefusedError(
    `${maybeDuplicate ? 'not acknowledged' : 'not cancelled'}: ${message} (code ${code})`,
  )
}
