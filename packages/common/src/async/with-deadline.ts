import { defineError } from '../errors/index.ts'
import { settledBefore } from './settled-before.ts'

/** The work was not done in time; whether it still takes effect is unknown. */
export class DeadlineExceededError extends defineError('DEADLINE_EXCEEDED', {
  retryable: true,
  httpStatus: 504,
}) {}

/** A Node timer set for longer fires at once; nobody waits 24 days for one answer. */
const MAX_TIMER_MS = 2_147_483_647

/**
 * Runs `work` with a signal that aborts after `timeoutMs` (or with `parent`), and rejects then even when the work does
 * not listen.
 */
export async function withDeadline<Value>(
  timeoutMs: number,
  work: (signal: AbortSignal) => Promise<Value>,
  parent?: AbortSignal,
): Promise<Value> {
  const deadline = new AbortController()
  const timer = setTimeout(
    () => deadline.abort(new DeadlineExceededError(`not done within ${timeoutMs} ms`)),
    Math.min(timeoutMs, MAX_TIMER_MS),
  )
  const signal = parent === undefined ? deadline.signal : AbortSignal.any([deadline.signal, parent])
  try {
    signal.throwIfAborted()
    return await settledBefore(signal, work(signal))
  } finally {
    clearTimeout(timer)
  }
}
