import { createWriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import { type LoadReport, runCodecBench, runConsume, runProduce } from '@ddmq/bench'
import { Command } from 'commander'
import { parseEndpoint } from '../address.ts'
import { parseCount, parseDurationMs } from '../argument-parsers.ts'
import { ensureGroup, ensureTopic } from '../bench-setup.ts'
import { type CommandContext, contextOf } from '../context.ts'
import { withExamples } from '../examples.ts'
import { serverHealth } from '../server-health.ts'

interface LoadOptions {
  readonly addr?: readonly string[]
  readonly connections: number
  readonly seconds: number
  readonly pid?: number
  readonly ids?: string
}

/** `ddmq bench codec|produce|consume|loop` */
export function benchCommand(): Command {
  return new Command('bench')
    .description('measure')
    .addCommand(codecCommand())
    .addCommand(produceCommand())
    .addCommand(consumeCommand())
    .addCommand(loopCommand())
}

function codecCommand(): Command {
  const codec = new Command('codec')
    .description('encode and decode messages with our codec and with the thrift package, in one run')
    .action(async (_: object, command: Command) => {
      const { output } = contextOf(command)
      const { encode, decode } = await runCodecBench()
      const line = (name: string, { ours, thrift }: { ours: number; thrift: number }): string =>
        `${name}: ${perSecond(ours)} ours, ${perSecond(thrift)} thrift: ${(ours / thrift).toFixed(1)} ×`
      output.item({ encode, decode }, `${line('encode', encode)}\n${line('decode', decode)}`)
    })
  return withExamples(codec, ['ddmq bench codec --json'])
}

function produceCommand(): Command {
  const produce = withLoadOptions(new Command('produce'), 'producer')
    .description('send as fast as the connections allow')
    .argument('[topic]', 'created when it is missing, unless --addr names another DDMQ', 'bench')
    .option('--size <bytes>', 'size of a body', parseCount, 200)
    .action(async (topic: string, options: LoadOptions & { size: number }, command: Command) => {
      const context = contextOf(command)
      if (options.addr === undefined) await ensureTopic(context, topic)
      const target = await targetOf(context, options, 'producerProxies')
      const report = await withIds(options.ids, acknowledged =>
        runProduce({ ...target, ...options, ...acknowledged, topic, bodyBytes: options.size }),
      )
      await print(context, 'sent', report)
    })
  return withExamples(produce, [
    'ddmq bench produce',
    'ddmq bench produce orders --connections 64 --size 1024 --seconds 30 --ids sent.txt',
    'ddmq bench produce orders --addr 10.0.0.7:9613 --pid 4711',
  ])
}

function consumeCommand(): Command {
  const consume = withLoadOptions(new Command('consume'), 'consumer')
    .description('pull and acknowledge as fast as the connections allow')
    .argument('[group]', 'subscribed to the topic bench from its start when it is missing', 'bench')
    .action(async (group: string, options: LoadOptions, command: Command) => {
      const context = contextOf(command)
      if (options.addr === undefined && group === 'bench') await ensureGroup(context, group, 'bench')
      const target = await targetOf(context, options, 'consumerProxies')
      const report = await withIds(options.ids, acknowledged =>
        runConsume({ ...target, ...options, ...acknowledged, group }),
      )
      await print(context, 'pulled', report)
    })
  return withExamples(consume, [
    'ddmq bench consume',
    'ddmq bench consume cg_billing --seconds 30 --ids pulled.txt',
  ])
}

function loopCommand(): Command {
  const loop = withLoadOptions(new Command('loop'), 'producer')
    .description('send and pull at once, and watch the memory and the event loop of the server')
    .argument('[topic]', '', 'bench')
    .argument('[group]', '', 'bench')
    .option('--size <bytes>', 'size of a body', parseCount, 200)
    .action(
      async (topic: string, group: string, options: LoadOptions & { size: number }, command: Command) => {
        const context = contextOf(command)
        await ensureTopic(context, topic)
        await ensureGroup(context, group, topic)
        const producer = await targetOf(context, options, 'producerProxies')
        const consumer = await targetOf(context, options, 'consumerProxies')
        const before = await serverHealth(context)
        const [sent, pulled] = await Promise.all([
          runProduce({ ...producer, ...options, topic, bodyBytes: options.size }),
          runConsume({ ...consumer, ...options, group }),
        ])
        await print(context, 'sent', sent)
        await print(context, 'pulled', pulled)
        if (before !== undefined) context.output.item({ before }, `server before: ${before.text}`)
      },
    )
  return withExamples(loop, ['ddmq bench loop --seconds 300'])
}

function withLoadOptions(command: Command, side: string): Command {
  return command
    .option('--addr <host:port...>', `addresses of the ${side} proxies; default: those the console knows`)
    .option('--connections <n>', 'connections, each with one request in flight', parseCount, 16)
    .option('--seconds <n>', 'how long', (text: string) => parseDurationMs(text) / 1000, 10)
    .option('--pid <pid>', 'process whose CPU time is charged to the messages', parseCount)
    .option('--ids <file>', 'write the id of every acknowledged message, one per line')
}

async function targetOf(
  context: CommandContext,
  options: LoadOptions,
  side: 'producerProxies' | 'consumerProxies',
): Promise<{ addresses: { host: string; port: number }[]; pid?: number }> {
  const endpoints = options.addr ?? (await context.proxies())[side]
  const pid = options.pid ?? (options.addr === undefined ? await context.serverPid() : undefined)
  return { addresses: endpoints.map(parseEndpoint), ...(pid === undefined ? {} : { pid }) }
}

/** Runs with a callback that writes ids to the file, if one was asked for; everything is on disk when it resolves. */
async function withIds(
  file: string | undefined,
  run: (callback: { acknowledged?: (id: string) => void }) => Promise<LoadReport>,
): Promise<LoadReport> {
  if (file === undefined) return run({})
  const stream = createWriteStream(file)
  try {
    return await run({ acknowledged: id => void stream.write(`${id}\n`) })
  } finally {
    stream.end()
    await finished(stream)
  }
}

async function print(context: CommandContext, verb: string, report: LoadReport): Promise<void> {
  const server = await serverHealth(context)
  const cpu = report.cpuMicrosecondsPerMessage
  const lines = [
    `${verb} ${report.messages} messages, ${perSecond(report.messagesPerSecond)}`,
    `latency p50 ${ms(report.p50Ms)}, p99 ${ms(report.p99Ms)}, p99.9 ${ms(report.p999Ms)}, max ${ms(report.maxMs)}`,
    `failed: ${Object.keys(report.errors).length === 0 ? 'none' : JSON.stringify(report.errors)}`,
    ...(cpu === undefined ? [] : [`server CPU ${cpu.toFixed(1)} µs per message`]),
    `generator used ${(report.generatorCpuShare * 100).toFixed(0)} % of a core`,
    ...(server === undefined ? [] : [`server: ${server.text}`]),
  ]
  context.output.item(
    { verb, ...report, ...(server === undefined ? {} : { server: server.figures }) },
    lines.join('\n'),
  )
}

const perSecond = (rate: number): string => `${Math.round(rate).toLocaleString('en')} messages/s`
const ms = (value: number): string => `${value.toFixed(2)} ms`
