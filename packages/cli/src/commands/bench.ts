import { createWriteStream } from 'node:fs'
import { tmpdir } from 'node:os'
import { finished } from 'node:stream/promises'
import type { LoadReport } from '@ddmq/bench'
import { Command } from 'commander'
import { parseEndpoint } from '../address.ts'
import { parseCount, parseSeconds } from '../argument-parsers.ts'
import { delayStoreText, perSecond, printReport, printServer } from '../bench-report.ts'
import { BENCH_GROUP, BENCH_TOPIC, ensureGroup, ensureTopic } from '../bench-setup.ts'
import { type CommandContext, contextOf } from '../context.ts'
import { UsageError } from '../errors.ts'
import { withExamples } from '../examples.ts'
import { withProgress } from '../progress.ts'
import { benchCompareCommand } from './bench-compare.ts'
import { benchDelayCommand } from './bench-delay.ts'
import { benchDelayRebuildCommand } from './bench-delay-rebuild.ts'
import { benchReportCommand } from './bench-report.ts'

interface LoadOptions {
  readonly connections: number
  readonly seconds: number
  readonly pid?: number
}

interface TargetOptions extends LoadOptions {
  readonly addr?: readonly string[]
  readonly ids?: string
}

type LoopOptions = LoadOptions & { readonly size: number }

/** `ddmq bench report|compare|codec|produce|consume|loop|delay|delay-store|delay-rebuild` */
export function benchCommand(): Command {
  return new Command('bench')
    .description('measure')
    .addCommand(benchReportCommand())
    .addCommand(benchCompareCommand())
    .addCommand(codecCommand())
    .addCommand(produceCommand())
    .addCommand(consumeCommand())
    .addCommand(loopCommand())
    .addCommand(delayStoreCommand())
    .addCommand(benchDelayCommand())
    .addCommand(benchDelayRebuildCommand())
}

function codecCommand(): Command {
  const codec = new Command('codec')
    .description('encode and decode messages with our codec and with the thrift package, in one run')
    .action(async (_: object, command: Command) => {
      const { output } = contextOf(command)
      const { runCodecBench } = await import('@ddmq/bench')
      const { encode, decode } = await withProgress('measuring the codecs', runCodecBench)
      output.item({ encode, decode }, `${codecLine('encode', encode)}\n${codecLine('decode', decode)}`)
    })
  return withExamples(codec, ['ddmq bench codec --json'])
}

function produceCommand(): Command {
  const produce = withTargetOptions(new Command('produce'), 'producer')
    .description('send as fast as the connections allow')
    .argument('[topic]', 'created when it is missing, unless --addr names another DDMQ', BENCH_TOPIC)
    .option('--size <bytes>', 'size of a body', parseCount, 200)
    .action(async (topic: string, options: TargetOptions & { size: number }, command: Command) => {
      const context = contextOf(command)
      const { LEAST_BODY_BYTES, runProduce } = await import('@ddmq/bench')
      requireSize(options.size, LEAST_BODY_BYTES)
      if (options.addr === undefined) await ensureTopic(context, topic)
      const target = await targetOf(context, options, 'producerProxies')
      const report = await withIds(options.ids, 'sending', acknowledged =>
        runProduce({ ...target, ...options, ...acknowledged, topic, bodyBytes: options.size }),
      )
      printReport(context, 'sent', report)
      await printServer(context, 'after')
    })
  return withExamples(produce, [
    'ddmq bench produce',
    'ddmq bench produce orders --connections 64 --size 1024 --seconds 30 --ids sent.txt',
    'ddmq bench produce orders --addr 10.0.0.7:9613 --pid 4711',
  ])
}

function consumeCommand(): Command {
  const consume = withTargetOptions(new Command('consume'), 'consumer')
    .description('pull and acknowledge as fast as the connections allow')
    .argument(
      '[group]',
      `${BENCH_GROUP}, if none is given, is subscribed to the topic ${BENCH_TOPIC} from its start`,
      BENCH_GROUP,
    )
    .action(async (group: string, options: TargetOptions, command: Command) => {
      const context = contextOf(command)
      const { runConsume } = await import('@ddmq/bench')
      if (options.addr === undefined && group === BENCH_GROUP) await ensureGroup(context, group, BENCH_TOPIC)
      const target = await targetOf(context, options, 'consumerProxies')
      const report = await withIds(options.ids, 'pulling', acknowledged =>
        runConsume({ ...target, ...options, ...acknowledged, group }),
      )
      printReport(context, 'pulled', report)
      await printServer(context, 'after')
    })
  return withExamples(consume, [
    'ddmq bench consume',
    'ddmq bench consume cg_billing --seconds 30 --ids pulled.txt',
  ])
}

function loopCommand(): Command {
  const loop = withLoadOptions(new Command('loop'))
    .description('send and pull at once, and watch the memory and the event loop of the server')
    .argument('[topic]', 'created when it is missing', BENCH_TOPIC)
    .argument('[group]', 'subscribed to the topic from its start when it is missing', BENCH_GROUP)
    .option('--size <bytes>', 'size of a body', parseCount, 200)
    .action(async (topic: string, group: string, options: LoopOptions, command: Command) => {
      const context = contextOf(command)
      const { LEAST_BODY_BYTES, runConsume, runProduce } = await import('@ddmq/bench')
      requireSize(options.size, LEAST_BODY_BYTES)
      await ensureGroup(context, group, topic)
      const producer = await targetOf(context, options, 'producerProxies')
      const consumer = await targetOf(context, options, 'consumerProxies')
      await printServer(context, 'before')
      const [sent, pulled] = await withProgress('sending and pulling', () =>
        Promise.all([
          runProduce({ ...producer, ...options, topic, bodyBytes: options.size }),
          runConsume({ ...consumer, ...options, group }),
        ]),
      )
      printReport(context, 'sent', sent)
      printReport(context, 'pulled', pulled)
      await printServer(context, 'after')
    })
  return withExamples(loop, ['ddmq bench loop --seconds 300'])
}

function delayStoreCommand(): Command {
  const delayStore = new Command('delay-store')
    .description('the index of pending delayed messages alone, with the bare store beside it')
    .option('--pending <n>', 'messages to take in', parseCount, 100_000)
    .option('--size <bytes>', 'size of a body', parseCount, 200)
    .option('--dir <folder>', 'where the stores are made, and removed again', tmpdir())
    .action(async (options: { pending: number; size: number; dir: string }, command: Command) => {
      const { output } = contextOf(command)
      const { runDelayStoreBench } = await import('@ddmq/bench')
      const result = await withProgress('measuring the index', () =>
        runDelayStoreBench({ ...options, bodyBytes: options.size }),
      )
      output.item(result, delayStoreText(result))
    })
  return withExamples(delayStore, [
    'ddmq bench delay-store',
    'ddmq bench delay-store --pending 10000000 --json',
  ])
}

function withTargetOptions(command: Command, side: string): Command {
  return withLoadOptions(command)
    .option('--addr <host:port...>', `addresses of the ${side} proxies; default: those the console knows`)
    .option('--ids <file>', 'write the id of every acknowledged message, one per line')
}

function withLoadOptions(command: Command): Command {
  return command
    .option('--connections <n>', 'connections, each with one request in flight', parseCount, 16)
    .option('--seconds <n>', 'how long', parseSeconds, 10)
    .option('--pid <pid>', 'process whose CPU time is charged to the messages', parseCount)
}

function requireSize(size: number, least: number): void {
  if (size < least)
    throw new UsageError(`--size must be at least ${least}: a body begins with the id of its message`)
}

async function targetOf(
  context: CommandContext,
  options: { readonly addr?: readonly string[]; readonly pid?: number },
  side: 'producerProxies' | 'consumerProxies',
): Promise<{ addresses: { host: string; port: number }[]; pid?: number }> {
  const endpoints = options.addr ?? (await context.proxies())[side]
  const pid = options.pid ?? (options.addr === undefined ? await context.serverPid() : undefined)
  return { addresses: endpoints.map(parseEndpoint), ...(pid === undefined ? {} : { pid }) }
}

/** Runs with a callback that writes ids to the file, if one was asked for; everything is on disk when it resolves. */
async function withIds(
  file: string | undefined,
  what: string,
  run: (callback: { acknowledged?: (id: string) => void }) => Promise<LoadReport>,
): Promise<LoadReport> {
  if (file === undefined) return withProgress(what, () => run({}))
  const stream = createWriteStream(file)
  try {
    return await withProgress(what, () => run({ acknowledged: id => void stream.write(`${id}\n`) }))
  } finally {
    stream.end()
    await finished(stream)
  }
}

function codecLine(
  name: string,
  { ours, thrift }: { readonly ours: number; readonly thrift: number },
): string {
  return `${name}: ${perSecond(ours)} ours, ${perSecond(thrift)} thrift: ${(ours / thrift).toFixed(1)} ×`
}
