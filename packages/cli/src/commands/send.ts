import type { Message, SendResult } from '@ddmq/sdk'
import { Command } from 'commander'
import { parseInteger } from '../argument-parsers.ts'
import { contextOf } from '../context.ts'
import { RefusedError } from '../errors.ts'
import { withExamples } from '../examples.ts'
import { collectProperty, readBody } from '../message-input.ts'
import { timeoutOption, withProducer } from '../with-producer.ts'

interface SendOptions {
  readonly key?: string
  readonly tags?: string
  readonly property: Readonly<Record<string, string>>
  readonly partition?: number
  readonly hashId?: string
  readonly file?: string
  readonly timeout: number
}

/** `ddmq send <topic> [body]` */
export function sendCommand(): Command {
  const send = new Command('send')
    .description('send one message')
    .argument('<topic>')
    .argument('[body]', 'the message; - or none reads it from standard input')
    .option('--key <key>', 'key, to find the message again')
    .option('--tags <tags>', 'tags, joined by ||')
    .option('--property <name=value...>', 'user property, may be repeated', collectProperty, {})
    .option('--partition <n>', 'partition to store it in', parseInteger)
    .option('--hash-id <text>', 'messages of one hash id keep their order')
    .option('--file <path>', 'take the body from a file')
    .addOption(timeoutOption())
    .action(async (topic: string, body: string | undefined, options: SendOptions, command: Command) => {
      const context = contextOf(command)
      const message = await messageOf(topic, body, options)
      const result = await withProducer(context, options.timeout, producer => producer.send(message))
      if (result.code !== 0) throw notSent(result)
      context.output.item(
        { topic, key: result.key, proxy: result.proxy },
        `sent to ${topic}, key ${result.key}`,
      )
    })
  return withExamples(send, [
    "ddmq send orders 'hello' --key k1",
    'ddmq send orders \'{"id":7}\' --tags paid --property source=web',
    'ddmq send orders --file picture.png',
    'echo hello | ddmq send orders',
  ])
}

/** A failure of which it is not known whether an attempt was stored must not be read as "send it again". */
function notSent({ maybeDuplicate, message, code }: SendResult): RefusedError {
  return new RefusedError(`${maybeDuplicate ? 'not acknowledged' : 'not sent'}: ${message} (code ${code})`)
}

async function messageOf(topic: string, body: string | undefined, options: SendOptions): Promise<Message> {
  return {
    topic,
    body: await readBody(body, options.file),
    ...(options.key === undefined ? {} : { key: options.key }),
    ...(options.tags === undefined ? {} : { tags: options.tags }),
    ...(options.partition === undefined ? {} : { partition: options.partition }),
    ...(options.hashId === undefined ? {} : { hashId: options.hashId }),
    properties: options.property,
  }
}
