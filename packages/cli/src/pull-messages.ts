import { setTimeout as delay } from 'node:timers/promises'
import { consumerService, type PullResponse } from '@ddmq/common/idl'
import { ThriftConnection } from '@ddmq/common/thrift'
import { parseEndpoint } from './address.ts'
import type { CommandContext } from './context.ts'
import { UnreachableError } from './errors.ts'
import { bodyFields } from './message-body.ts'

/** Longest time one call is parked at a proxy, so that several proxies are asked in turn. */
const LINGER_MS = 500

/** What to pull, and when to stop. */
export interface PullTask {
  readonly group: string
  readonly endpoints: readonly string[]
  readonly topic?: string
  readonly max: number
  /** Milliseconds without a message after which nothing more is expected. */
  readonly wait: number
}

/**
 * Prints and acknowledges messages. Asks the proxies in turn: the partitions of a group are spread over them. One that
 * does not answer is left out; what it held comes from another once its partitions have moved there.
 */
export async function pullMessages(context: CommandContext, task: PullTask): Promise<void> {
  const answering = await connectAll(task.endpoints)
  try {
    let received = 0
    let quietUntilMs = performance.now() + task.wait
    for (let turn = 0; received < task.max && performance.now() < quietUntilMs; turn++) {
      const connection = answering[turn % answering.length]
      if (connection === undefined) throw new UnreachableError('the console knows no consumer proxy')
      const lingerMs = Math.max(1, Math.min(LINGER_MS, quietUntilMs - performance.now()))
      const count = await pullOnce(context, connection, task, { batch: task.max - received, lingerMs }).catch(
        (thrown: unknown) => giveUp(connection, answering, thrown),
      )
      if (count > 0) quietUntilMs = performance.now() + task.wait
      received += count
    }
  } finally {
    for (const connection of answering) connection.close()
  }
}

/** Those that answer; rejects when none does. */
async function connectAll(endpoints: readonly string[]): Promise<ThriftConnection[]> {
  const attempts = await Promise.allSettled(endpoints.map(connect))
  const answering = attempts.flatMap(attempt => (attempt.status === 'fulfilled' ? [attempt.value] : []))
  const [failed] = attempts.flatMap(attempt => (attempt.status === 'rejected' ? [attempt.reason] : []))
  if (answering.length === 0 && failed !== undefined) throw failed
  return answering
}

/** A lost connection ends the command only when it was the last one. Answers the number of messages it brought. */
function giveUp(lost: ThriftConnection, answering: ThriftConnection[], thrown: unknown): number {
  if (!lost.closed || answering.length === 1) throw thrown
  answering.splice(answering.indexOf(lost), 1)
  return 0
}

async function connect(endpoint: string): Promise<ThriftConnection> {
  try {
    return await ThriftConnection.connect({ ...parseEndpoint(endpoint), connectTimeoutMs: 3000 })
  } catch (cause) {
    throw new UnreachableError(`no consumer proxy answers at ${endpoint}`, { cause })
  }
}

async function pullOnce(
  context: CommandContext,
  connection: ThriftConnection,
  task: PullTask,
  { batch, lingerMs }: { readonly batch: number; readonly lingerMs: number },
): Promise<number> {
  const startMs = performance.now()
  const response = await connection.call(
    consumerService.pull,
    {
      request: {
        groupId: task.group,
        topic: task.topic,
        maxBatchSize: batch,
        maxLingerTime: Math.ceil(lingerMs),
        version: 'ddmq-cli',
      },
    },
    { timeoutMs: lingerMs + 10_000 },
  )
  if (response.messages.length === 0) {
    // A proxy that does not hold the line is not asked in a tight loop.
    await delay(Math.max(0, Math.min(50, lingerMs) - (performance.now() - startMs)))
    return 0
  }
  print(context, response)
  await printed()
  await connection.call(
    consumerService.submit,
    {
      result: { context: response.context, successOffsets: response.messages.map(message => message.offset) },
    },
    { timeoutMs: 10_000 },
  )
  return response.messages.length
}

/** What the reader of the output never got must not be acknowledged: resolves when everything printed was taken. */
function printed(): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write('', error => (error ? reject(error) : resolve()))
  })
}

function print(context: CommandContext, { context: from, messages }: PullResponse): void {
  for (const message of messages) {
    const body = message.value ?? new Uint8Array()
    const document = {
      topic: from.topic,
      qid: from.qid,
      offset: message.offset,
      key: message.key,
      tags: message.tag,
      properties: Object.fromEntries(message.properties ?? []),
      ...bodyFields(body),
    }
    context.output.item(document, 'body' in document ? document.body : `(base64) ${document.bodyBase64}`)
  }
}
