import { StorageError } from './errors.ts'

/** The same refusal, naming the topics that are its reason in `details.topics`. */
export function blame(
  topics: Iterable<string>,
  { kind, message, details, cause }: StorageError,
): StorageError {
  return new StorageError(kind, message, { cause, details: { ...details, topics: [...new Set(topics)] } })
}

export interface Refusal {
  readonly topic: string
  readonly error: StorageError
}

/** The first of several refusals, with the topics of all that are of its kind: another kind asks for another answer. */
export function firstRefusal(refusals: readonly Refusal[]): StorageError | undefined {
  const [first] = refusals
  if (first === undefined) return undefined
  const alike = refusals.filter(({ error }) => error.kind === first.error.kind)
  return blame(
    alike.map(({ topic }) => topic),
    first.error,
  )
}
