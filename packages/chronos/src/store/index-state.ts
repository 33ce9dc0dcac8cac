import { z } from 'zod'
import type { ShardPosition } from './shard-index.ts'
import { AFTER_ALL_MS } from './times.ts'

/** Another version is not read: the index is then as if never filled, and rebuilt from the log. */
const VERSION = 1

const STATE = z.object({
  version: z.literal(VERSION),
  position: z.object({
    topicId: z.string(),
    epoch: z.number(),
    offset: z.number(),
    caughtUpMs: z.number(),
  }),
  /** No entry of the kind is earlier: scans start here and pass by what was deleted before. */
  low: z.object({ pending: z.number(), fired: z.number(), cancelEnd: z.number() }),
  /** Exact. */
  counts: z.object({
    progress: z.number(),
    fired: z.number(),
    cancels: z.number(),
    litterAdds: z.number(),
  }),
  /** When the latest round 0 of a message with a progress record was due: a later one needs no look-up. */
  latestProgressMs: z.number(),
  /** Of all rounds that ever were here. */
  largestBytes: z.number(),
})

/** What an index knows of itself; stored with every change of it. */
export type IndexState = z.infer<typeof STATE>

export function emptyState(position: ShardPosition): IndexState {
  return {
    version: VERSION,
    position,
    low: { pending: AFTER_ALL_MS, fired: AFTER_ALL_MS, cancelEnd: AFTER_ALL_MS },
    counts: { progress: 0, fired: 0, cancels: 0, litterAdds: 0 },
    latestProgressMs: 0,
    largestBytes: 0,
  }
}

export function encodeState(state: IndexState): Buffer {
  return Buffer.from(JSON.stringify(state))
}

/** Undefined when there is none, or one of another version, or a damaged one. */
export function decodeState(bytes: Buffer | undefined): IndexState | undefined {
  return bytes === undefined ? undefined : STATE.safeParse(parsed(bytes.toString())).data
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
