import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type ScenarioAnswer, type ScenarioOrder, scenarioAnswerSchema } from './scenario-messages.ts'

const ENTRY = fileURLToPath(new URL(`./scenario-process${extname(import.meta.url)}`, import.meta.url))
const TAIL_CHARACTERS = 2000

export interface RunLimits {
  /** Longest time it is given, its servers' start included. */
  readonly limitMs: number
  readonly signal: AbortSignal
}

/** It was ended because it took too long. */
export interface TimeUp {
  readonly reason: string
  readonly isTimeUp: true
}

/**
 * Measures a scenario in a process of its own.
 *
 * P1 when it resolves or rejects, that process is gone and everything it started is killed: they are one process group;
 * P2 one that hangs, whatever it hangs in, ends after `limitMs`;
 * P3 they also go when the caller's process is killed: the group ends when its channel closes.
 *
 * Resolves with the reason when it could not be measured; rejects only when the signal aborts.
 */
export async function runInProcess(
  order: ScenarioOrder,
  { limitMs, signal }: RunLimits,
): Promise<ScenarioAnswer | TimeUp> {
  signal.throwIfAborted()
  const child = fork(ENTRY, {
    detached: true,
    env: order.bench.env,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  const printed = tailOf(child)
  const over = new AbortController()
  const timeUp = AbortSignal.timeout(Math.ceil(limitMs))
  const stop = AbortSignal.any([signal, timeUp, over.signal])
  try {
    const closed = once(child, 'close', { signal: stop }).then(([code, killedBy]) => ({
      reason: `its process ended with ${String(killedBy ?? code)}: ${printed()}`,
    }))
    const answered = once(child, 'message', { signal: stop }).then(([message]) =>
      scenarioAnswerSchema.parse(message),
    )
    child.send(order)
    return await Promise.race([answered, closed])
  } catch (thrown) {
    signal.throwIfAborted()
    if (timeUp.aborted)
      return { reason: `it took longer than ${Math.round(limitMs / 1000)} s`, isTimeUp: true }
    throw thrown
  } finally {
    over.abort()
    await endGroup(child)
  }
}

function tailOf({ stderr }: ChildProcess): () => string {
  let tail = ''
  stderr?.setEncoding('utf8').on('data', (text: string) => {
    tail = (tail + text).slice(-TAIL_CHARACTERS)
  })
  return () => tail.trim()
}

async function endGroup(child: ChildProcess): Promise<void> {
  const exited = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  } catch (thrown) {
    if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'ESRCH')) throw thrown
  }
  await exited
}
