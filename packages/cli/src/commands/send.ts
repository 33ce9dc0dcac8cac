import { readFile } from 'node:fs/promises'
import { buffer } from 'node:stream/consumers'
import { createProducer, type Message } from '@ddmq/sdk'
import { Command, InvalidArgumentError, Option } from 'commander'
import { parseDurationMs, parseInteger } from '../argument-parsers.ts'
import { contextOf } from '../context.ts'
import { RefusedError, UsageError } from '../errors.ts'
import { withExamples } from '../examples.ts'

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
    .addOption(
      new Option('--timeout <duration>', 'give up after').argParser(parseDurationMs).default(10_000, '10s'),
    )
    .action(async (topic: string, body: string | undefined, options: SendOptions, command: Command) => {
      const context = contextOf(command)
      const message = await messageOf(topic, body, options)
      const { producerProxies } = await context.proxies()
      const producer = await createProducer({
        endpoints: producerProxies,
        proxyTimeoutMs: options.timeout / 2,
        requestTimeoutMs: options.timeout,
        deadlineMs: options.timeout,
      })
      try {
        const result = await producer.send(message)
        if (result.code !== 0) throw new RefusedError(`not sent: ${result.message} (code ${result.code})`)
        context.output.item(
          { topic, key: result.key, proxy: result.proxy },
          `sent to ${topic}, key ${result.key}`,
        )
      } finally {
        await producer.close()
      }
    })
  return withExamples(send, [
    "ddmq send orders 'hello' --key k1",
    'ddmq send orders \'{"id":7}\' --tags paid --property source=web',
    'ddmq send orders --file picture.png',
    'echo hello | ddmq send orders',
  ])
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

async function readBody(body: string | undefined, file: string | undefined): Promise<Uint8Array | string> {
  if (body !== undefined && file !== undefined) throw new UsageError('give either a body or --file, not both')
  if (file !== undefined) return readFile(file)
  return body === undefined || body === '-' ? buffer(process.stdin) : body
}

function collectProperty(pair: string, collected: Readonly<Record<string, string>>): Record<string, string> {
  const at = pair.indexOf('=')
  if (at < 1) throw new InvalidArgumentError('write name=value.')
  return { ...collected, [pair.slice(0, at)]: pair.slice(at + 1) }
}
