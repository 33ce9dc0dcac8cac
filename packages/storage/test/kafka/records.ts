import type { LogCluster, LogRecord, StoredRecord } from '@ddmq/storage'
import { expect } from 'vitest'

export const CALL = { deadlineMs: 20_000 } as const

export function record(value: string | null, extra: Partial<LogRecord> = {}): LogRecord {
  return {
    key: null,
    value: value === null ? null : Buffer.from(value),
    headers: [],
    timestampMs: Date.now(),
    ...extra,
  }
}

export function text(bytes: Uint8Array | null | undefined): string | null {
  return bytes === null || bytes === undefined ? null : Buffer.from(bytes).toString()
}

export function texts(records: readonly StoredRecord[]): readonly (string | null)[] {
  return records.map(({ value }) => text(value))
}

/** Appends to one partition; it must succeed. */
export async function appendTexts(
  cluster: LogCluster,
  topic: string,
  values: readonly string[],
  partition = '0',
): Promise<number> {
  const records = values.map(value => record(value))
  const [outcome] = await cluster.append([{ topic, partition, records }], CALL)
  if (outcome === undefined || 'error' in outcome) throw outcome?.error ?? new Error('no outcome')
  return outcome.baseOffset
}

/** What is committed in a partition from an offset on, asked for until its end; every answer must move on. */
export async function readAll(
  cluster: LogCluster,
  topic: string,
  partition = '0',
  from = 0,
): Promise<readonly StoredRecord[]> {
  const { startOffset, endOffset } = await cluster.identity(topic, partition)
  const records: StoredRecord[] = []
  for (let offset = Math.max(from, startOffset); offset < endOffset; ) {
    const limits = { maxBytes: 1_000_000, maxWaitMs: 2_000 }
    const [result] = await cluster.read([{ topic, partition, offset }], limits, CALL)
    expect(result?.error).toBeUndefined()
    expect(result?.nextOffset).toBeGreaterThan(offset)
    records.push(...(result?.records ?? []))
    offset = result?.nextOffset ?? endOffset
  }
  return records
}
