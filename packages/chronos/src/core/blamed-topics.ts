import { StorageError } from '@ddmq/storage'

/** The topics that are the reason of a failed commit (see `Transactor.commit`). */
export function topicsOf(thrown: unknown): readonly string[] {
  if (!(thrown instanceof StorageError)) return []
  const { topics } = thrown.details
  return Array.isArray(topics) ? topics.filter(topic => typeof topic === 'string') : []
}
