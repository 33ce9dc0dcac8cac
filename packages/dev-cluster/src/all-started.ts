/** Rejects with the first failure, but only when nothing of it goes on: whoever stops everything then misses no process. */
export async function allStarted(starts: readonly Promise<unknown>[]): Promise<void> {
  await Promise.allSettled(starts)
  await Promise.all(starts)
}
