/** What the body of a delayed message of a run says: `<run>-<number>-<due ms>`, and dots up to its size. */
export interface DelayedBody {
  readonly run: string
  readonly number: number
  readonly dueMs: number
}

const SHAPE = /^(?<run>[0-9a-f]+)-(?<number>\d+)-(?<dueMs>\d+)\.*$/

export function encodeDelayedBody({ run, number, dueMs }: DelayedBody, bytes: number): Buffer {
  return Buffer.from(`${run}-${number}-${dueMs}`.padEnd(bytes, '.'))
}

/** Undefined for the body of another client's message. */
export function decodeDelayedBody(body: Uint8Array | undefined): DelayedBody | undefined {
  const { run, number, dueMs } = SHAPE.exec(Buffer.from(body ?? []).toString('latin1'))?.groups ?? {}
  return run === undefined ? undefined : { run, number: Number(number), dueMs: Number(dueMs) }
}
