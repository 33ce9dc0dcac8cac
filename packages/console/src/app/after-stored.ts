import { DatabaseOutcomeUnknownError, DatabaseUnavailableError } from '../errors.ts'

/**
 * Reads what the answer to a change shows. A database that is lost only now has stored the change: its caller is not to
 * hear that nothing was changed.
 */
export async function afterStored<Result>(read: () => Promise<Result>): Promise<Result> {
  try {
    return await read()
  } catch (cause) {
    if (!(cause instanceof DatabaseUnavailableError)) throw cause
    throw new DatabaseOutcomeUnknownError('the change is stored; the database cannot show it now', { cause })
  }
}
