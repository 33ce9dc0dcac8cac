import { describeError } from '@ddmq/common/errors'
import { DatabaseRefusedError, DatabaseUnavailableError, InvalidRequestError } from '../../../errors.ts'
import { type FailureKind, failureKind } from './failure.ts'

const UNAVAILABLE: Partial<Record<FailureKind, string>> = {
  lost: 'the connection to the database was lost; nothing was changed',
  unreachable: 'the database cannot be reached; nothing was changed',
  readOnly: 'the database takes no writes now; nothing was changed',
  conflict: 'the database is busy; nothing was changed',
  lockTimeout: 'the database is busy; nothing was changed',
}

/** A failure of the server in the console's own words. Errors that are no failures of the server stay what they are. */
export function toConsoleError(cause: unknown): unknown {
  const kind = failureKind(cause)
  const unavailable = UNAVAILABLE[kind]
  if (unavailable !== undefined) return new DatabaseUnavailableError(unavailable, { cause })
  if (kind === 'duplicate') {
    return new InvalidRequestError('there is something of that name already', { cause })
  }
  if (kind === 'unfit')
    return new InvalidRequestError(`a value does not fit its column: ${describeError(cause)}`, { cause })
  if (kind === 'refused') return new DatabaseRefusedError('the database refuses the console', { cause })
  return cause
}
