import type { DelayReport } from '@ddmq/bench'
import { Command } from 'commander'
import { parseEndpoint } from '../address.ts'
import { parseCount, parseDurationMs } from '../argument-parsers.ts'
import { ms, perSecond, printReport, printServer } from '../bench-report.ts'
import { DELAY_BENCH_GROUP, DELAY_BENCH_TOPIC, ensureDelayTopic, ensureGroup } from '../bench-setup.ts'
import { type CommandContext, contextOf } from '../context.ts'
import { withExamples } from '../examples.ts'
import { withProgress } from '../progress.ts'

interface DelayOptions {
  readonly messages: number
  readonly pending?: number
  readonly after: number
  readonly span: number
  readonly size: number
  readonly connections: number
  readonly producers?: readonly string[]
  readonly consumers?: readonly string[]
  readonly pid?: number
}

/** Messages that stay pending are due in 30 days, over one day. */
const PENDING_AFTER_MS = 30 * 86_400_000
const PENDING_SPAN_MS = 86_400_000
/** How long the last messages are waited for. */
const PATIENCE_MS = 15_000

/** `ddmq bench delay` */
export function benchDelayCommand(): Command {
  const delay = new Command('delay')
    .description(
      'send messages that are due soon, pull them when they are delivered, and say how late they were',
    )
    .argument(
      '[topic]',
      'created when it is missing, unless --producers names another DDMQ',
      DELAY_BENCH_TOPIC,
    )
    .argument('[group]', 'subscribed to the topic from its start when it is missing', DELAY_BENCH_GROUP)
    .option('--messages <n>', 'how many', parseCount, 10_000)
    .option(
      '--after <duration>',
      'from now to the first due time; time enough to send them',
      parseDurationMs,
      10_000,
    )
    .option('--span <duration>', 'from the first due time to the last', parseDurationMs, 10_000)
    .option('--pending <n>', 'send so many that are due in 30 days, and leave them there', parseCount)
    .option('--size <bytes>', 'size of a body', parseCount, 200)
    .option('--connections <n>', 'connections of each side, each with one request in flight', parseCount, 16)
    .option('--producers <host:port...>', 'producer proxies; default: those the console knows')
    .option('--consumers <host:port...>', 'consumer proxies; default: those the console knows')
    .option('--pid <pid>', 'process whose CPU time is charged to the messages', parseCount)
    .action(async (topic: string, group: string, options: DelayOptions, command: Command) => {
      const context = contextOf(command)
      if (options.producers === undefined) await ensureDelayTopic(context, topic)
      if (options.pending === undefined) await measureDelivery(context, { topic, group }, options)
      else await leavePending(context, topic, { ...options, pending: options.pending })
      await printServer(context, 'after')
    })
  return withExamples(delay, [
    'ddmq bench delay --messages 30000 --after 15s --span 30s',
    'ddmq bench delay --pending 1000000 --connections 64',
  ])
}

async function measureDelivery(
  context: CommandContext,
  { topic, group }: { readonly topic: string; readonly group: string },
  options: DelayOptions,
): Promise<void> {
  const { runDelay } = await import('@ddmq/bench')
  if (options.consumers === undefined) await ensureGroup(context, group, topic)
  const consumers = options.consumers ?? (await context.proxies()).consumerProxies
  const target = await targetOf(context, options)
  const report = await withProgress('sending, and pulling what is delivered', () =>
    runDelay({
      ...target,
      topic,
      group,
      consumers: consumers.map(parseEndpoint),
      messages: options.messages,
      bodyBytes: options.size,
      afterMs: options.after,
      spanMs: options.span,
      patienceMs: PATIENCE_MS,
    }),
  )
  const { sent, ...delivered } = report
  printReport(context, 'sent', sent)
  context.output.item({ verb: 'delivered', ...delivered }, deliveredText(report))
}

async function leavePending(
  context: CommandContext,
  topic: string,
  options: DelayOptions & { readonly pending: number },
): Promise<void> {
  const { runSendDelayed } = await import('@ddmq/bench')
  const target = await targetOf(context, options)
  const report = await withProgress('sending', () =>
    runSendDelayed({
      ...target,
      topic,
      messages: options.pending,
      bodyBytes: options.size,
      firstDueMs: Date.now() + PENDING_AFTER_MS,
      spanMs: PENDING_SPAN_MS,
    }),
  )
  printReport(context, 'left pending', report)
}

async function targetOf(
  context: CommandContext,
  { producers, pid: given, connections }: DelayOptions,
): Promise<{ addresses: { host: string; port: number }[]; connections: number; pid?: number }> {
  const endpoints = producers ?? (await context.proxies()).producerProxies
  const pid = given ?? (producers === undefined ? await context.serverPid() : undefined)
  return { addresses: endpoints.map(parseEndpoint), connections, ...(pid === undefined ? {} : { pid }) }
}

function deliveredText(report: DelayReport): string {
  const { lateness, sentTooLate, pullErrors, cpuMicrosecondsPerDelivery: cpu } = report
  return [
    `delivered ${report.delivered} messages, ${perSecond(report.deliveredPerSecond)}`,
    `late by p50 ${ms(lateness.p50Ms)}, p99 ${ms(lateness.p99Ms)}, max ${ms(lateness.maxMs)}`,
    `early ${report.early}, missing ${report.missing}, duplicates ${report.duplicates}`,
    `failed pulls: ${Object.keys(pullErrors).length === 0 ? 'none' : JSON.stringify(pullErrors)}`,
    ...(sentTooLate === 0
      ? []
      : [`${sentTooLate} were due before they were accepted: give a longer --after`]),
    ...(cpu === undefined ? [] : [`server CPU ${cpu.toFixed(1)} µs per delivery, pulls included`]),
  ].join('\n')
}
