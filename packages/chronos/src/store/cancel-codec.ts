import { readTime, TIME_BYTES, writeTime } from './times.ts'

/** Until when each cancelled round of a message has to be remembered. */
export type CancelledRounds = ReadonlyMap<number, number>

const ENTRY_BYTES = 2 * TIME_BYTES

/** `round 8 | until 8`, once per cancel; a cancel may name any round of ten digits. */
export function encodeCancels(cancels: CancelledRounds): Buffer {
  const bytes = Buffer.allocUnsafe(cancels.size * ENTRY_BYTES)
  let at = 0
  for (const [round, untilMs] of cancels) {
    writeTime(bytes, round, at)
    writeTime(bytes, untilMs, at + TIME_BYTES)
    at += ENTRY_BYTES
  }
  return bytes
}

export function decodeCancels(bytes: Buffer | undefined): Map<number, number> {
  const cancels = new Map<number, number>()
  if (bytes === undefined) return cancels
  for (let at = 0; at < bytes.length; at += ENTRY_BYTES)
    cancels.set(readTime(bytes, at), readTime(bytes, at + TIME_BYTES))
  return cancels
}
