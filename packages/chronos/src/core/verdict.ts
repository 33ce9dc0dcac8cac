import type { StorageErrorKind } from '@ddmq/storage'

/** How long a round waits for a topic that does not exist. */
export const MISSING_TOPIC_MS = 24 * 3_600_000

export type Verdict = 'deadLetter' | 'wait'

/**
 * What becomes of a round that was refused alone (SPEC.md I8): too large or invalid it will always be; a topic that is missing
 * for a day will not come; everything else passes.
 */
export function verdictOf(kind: StorageErrorKind, overdueMs: number): Verdict {
  if (isRefusal(kind)) return 'deadLetter'
  return kind === 'unknownTopic' && overdueMs > MISSING_TOPIC_MS ? 'deadLetter' : 'wait'
}

/** The round itself is refused, whatever the state of its topic. */
export function isRefusal(kind: StorageErrorKind): boolean {
  return kind === 'tooLarge' || kind === 'invalid'
}
