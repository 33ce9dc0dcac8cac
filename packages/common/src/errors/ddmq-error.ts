/** What callers and operators may conclude from an error without reading its text. */
export interface ErrorTraits {
  /** May the same call succeed later without anybody changing anything? */
  readonly retryable: boolean
  readonly httpStatus: number
}

export interface DdmqErrorOptions extends ErrorOptions {
  /** Facts for the log line and the operator. Never secrets, never message bodies. */
  readonly details?: Readonly<Record<string, unknown>>
}

/** Base of every error this repository throws on purpose; anything else that is thrown is a bug. */
export abstract class DdmqError extends Error {
  /** Stable and documented. Callers, alerts and tests match on this, never on the message. */
  abstract readonly code: string
  abstract readonly retryable: boolean
  abstract readonly httpStatus: number
  readonly details: Readonly<Record<string, unknown>>

  constructor(message: string, { details = {}, ...options }: DdmqErrorOptions = {}) {
    super(message, options)
    this.details = details
  }

  override get name(): string {
    return this.constructor.name
  }
}

/** Makes the base class of one error kind; the code is said here and nowhere else. */
export function defineError<const Code extends string>(code: Code, traits: ErrorTraits) {
  return class extends DdmqError {
    static readonly code: Code = code
    readonly code: Code = code
    readonly retryable: boolean = traits.retryable
    readonly httpStatus: number = traits.httpStatus
  }
}

/** Finds a coded error anywhere in a cause chain or an AggregateError. Safe on any thrown value. */
export function findError(thrown: unknown, code: string): DdmqError | undefined {
  if (!(thrown instanceof Error)) return undefined
  if (thrown instanceof DdmqError && thrown.code === code) return thrown
  const nested: readonly unknown[] = thrown instanceof AggregateError ? thrown.errors : [thrown.cause]
  return nested.map(inner => findError(inner, code)).find(found => found !== undefined)
}

/** One line for a person: the message of the error and of each of its causes. */
export function describeError(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  const causes: readonly unknown[] = [
    ...(thrown.cause === undefined ? [] : [thrown.cause]),
    ...(thrown instanceof AggregateError ? thrown.errors : []),
  ]
  const inner = causes.map(describeError).join('; ')
  return [thrown.message, inner].filter(part => part !== '').join(': ')
}
