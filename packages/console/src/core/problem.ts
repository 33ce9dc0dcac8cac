import { InvalidRequestError } from '../errors.ts'

/** One thing wrong with a request: the field as the caller wrote it, and what it must be. */
export interface Problem {
  readonly field: string
  readonly message: string
}

/** Throws `CONSOLE_INVALID` naming every field when there is any problem. */
export function refuse(problems: readonly Problem[]): void {
  if (problems.length === 0) return
  const text = problems.map(problem => `${problem.field}: ${problem.message}`).join('; ')
  throw new InvalidRequestError(text, { details: { fields: problems } })
}
