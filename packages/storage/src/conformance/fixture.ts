import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { StorageErrorKind } from '../errors.ts'
import type { TopicSpec } from '../port/admin.ts'
import type { Append, AppendOutcome, LogCluster } from '../port/cluster.ts'
import type { AssignedPartition, AssignmentListener, Membership } from '../port/membership.ts'
import type { LogRecord, StoredRecord, TopicPartition } from '../port/record.ts'

export const CALL = { deadlineMs: 15_000 } as const
export const NOW = { maxBytes: 1_000_000, maxWaitMs: 0 } as const

export async function newTopic(cluster: LogCluster, spec: Partial<TopicSpec> = {}): Promise<string> {
  const topic = `conformance.${randomUUID()}`
  await cluster.admin.createTopic({ topic, partitions: 1, ...spec })
  return topic
}

export function record(value: string | null, extra: Partial<LogRecord> = {}): LogRecord {
  return {
    key: null,
    value: value === null ? null : Buffer.from(value),
    headers: [],
    timestampMs: Date.now(),
    ...extra,
  }
}

export function keyed(key: string, value: string | null): LogRecord {
  return record(value, { key: Buffer.from(key) })
}

export function header(name: string, value: string) {
  return { name, value: Buffer.from(value) }
}

/** Appends that must succeed; answers the base offsets. */
export async function append(cluster: LogCluster, ...appends: readonly Append[]): Promise<readonly number[]> {
  const outcomes = await cluster.append(appends, CALL)
  return outcomes.map(outcome => {
    if ('error' in outcome) throw outcome.error
    return outcome.baseOffset
  })
}

/** Appends texts to partition 0, in one append. */
export async function appendTexts(
  cluster: LogCluster,
  topic: string,
  ...values: readonly string[]
): Promise<number> {
  const [baseOffset] = await append(cluster, {
    topic,
    partition: '0',
    records: values.map(value => record(value)),
  })
  return baseOffset ?? -1
}

export function errorKind(outcome: AppendOutcome | undefined): StorageErrorKind | undefined {
  return outcome !== undefined && 'error' in outcome ? outcome.error.kind : undefined
}

/** Everything from an offset to the end of the log at the time of the call. */
export async function readAll(
  cluster: LogCluster,
  topic: string,
  partition = '0',
  from?: number,
): Promise<readonly StoredRecord[]> {
  const { startOffset, endOffset } = await cluster.identity(topic, partition)
  const records: StoredRecord[] = []
  for (let offset = from ?? startOffset; offset < endOffset; ) {
    const [result] = await cluster.read([{ topic, partition, offset }], NOW, CALL)
    if (result?.error !== undefined) throw result.error
    if (result === undefined || result.nextOffset === offset) {
      // Kafka answers an empty fetch now and then; ask again.
      await delay(10)
      continue
    }
    records.push(...result.records)
    offset = result.nextOffset
  }
  return records
}

export function text(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : Buffer.from(bytes).toString()
}

export function texts(records: readonly StoredRecord[]): readonly (string | null)[] {
  return records.map(({ value }) => text(value))
}

/** A group member that writes down what it was told. */
export class Watcher implements AssignmentListener {
  readonly starts: AssignedPartition[] = []
  readonly revocations: string[] = []
  readonly losses: string[] = []
  /** Runs while a revocation is answered; by default it is answered at once. */
  onRevoked: (partitions: readonly TopicPartition[], deadline: AbortSignal) => Promise<void> = async () =>
    undefined
  membership: Membership | undefined

  async assigned(partitions: readonly AssignedPartition[]): Promise<void> {
    this.starts.push(...partitions)
  }

  async revoked(partitions: readonly TopicPartition[], deadline: AbortSignal): Promise<void> {
    await this.onRevoked(partitions, deadline)
    this.revocations.push(...partitions.map(({ partition }) => partition))
  }

  lost(partitions: readonly TopicPartition[]): void {
    this.losses.push(...partitions.map(({ partition }) => partition))
  }

  /** Partitions held now, by number. */
  held(): readonly string[] {
    return (this.membership?.assignment() ?? [])
      .map(({ partition }) => partition)
      .toSorted((a, b) => Number(a) - Number(b))
  }

  async leave(): Promise<void> {
    await this.membership?.leave(AbortSignal.timeout(CALL.deadlineMs))
  }
}

export async function joinAs(
  cluster: LogCluster,
  group: string,
  topics: readonly string[],
  watcher = new Watcher(),
): Promise<Watcher> {
  watcher.membership = await cluster.join(group, topics, watcher)
  return watcher
}

/** Repeats a check until it holds; rebalances take an engine from microseconds to seconds. */
export async function until<Value>(check: () => Value | Promise<Value>, withinMs = 20_000): Promise<Value> {
  const deadlineMs = performance.now() + withinMs
  for (;;) {
    try {
      return await check()
    } catch (thrown) {
      if (performance.now() >= deadlineMs) throw thrown
      await delay(10)
    }
  }
}
