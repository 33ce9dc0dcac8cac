import type { Message } from './message.ts'

/**
 * A message to deliver later. It has neither a key nor a place of its own: it is delivered into a random partition, with
 * the id of its round as its key, and a member `key`, `hashId` or `partition` is refused.
 */
export type DelayMessage = Omit<Message, 'key' | 'hashId' | 'partition'>

/**
 * When it is due, and how often. At most 62 days ahead; what is due in the past is delivered at once. Servers of this
 * project never deliver early. Others ignore the milliseconds, so that the whole second before is the due time there, and the
 * original delivers up to a second before that.
 */
export type DelaySpec = DueTime & { readonly repeat?: Repeat }

type DueTime =
  /** A number is milliseconds since 1970. */
  | { readonly at: Date | number; readonly after?: never }
  /** Milliseconds from now, by this process's clock. */
  | { readonly after: number; readonly at?: never }

/** Further rounds after the first; at least one of `times` and `until`. They are all delivered at the first one's millisecond. */
export type Repeat = (
  | {
      /** Whole seconds between rounds, at least 3. */
      readonly intervalSec: number
      readonly exponent?: never
    }
  | {
      /** The n-th pause is `exponent` to the power of n seconds, at most a day. A whole number of at least 2. */
      readonly exponent: number
      readonly intervalSec?: never
    }
) & {
  /** How many rounds there are, the first one included. */
  readonly times?: number
  /** No round after this; a number is milliseconds since 1970. At least a second after the first round. */
  readonly until?: Date | number
}
