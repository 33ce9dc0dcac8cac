/** Settles as `promise` does, or rejects with the signal's reason when that aborts first. The work itself goes on. */
export async function settledBefore<Value>(signal: AbortSignal, promise: Promise<Value>): Promise<Value> {
  // The loser of the race must not become an unhandled rejection.
  promise.catch(() => undefined)
  signal.throwIfAborted()
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const onAbort = (): void => reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
