import { randomBytes } from 'node:crypto'
import { ErrorsByCode } from './errors-by-code.ts'
import { Latency } from './latency.ts'
import { type LoadOptions, type LoadReport, measureLoad, perMessage, spread } from './load-run.ts'
import { SendFrame } from './send-frame.ts'
import { runSends, type SendRun } from './send-session.ts'

export interface ProduceOptions extends LoadOptions {
  readonly topic: string
  readonly bodyBytes: number
}

/** Time the server may take for one send before it answers 12. */
const SEND_TIMEOUT_MS = 5000
const RUN_BYTES = 4
const SEQUENCE_DIGITS = 7
/** Every body begins with an id: that of the run, and a number. */
export const LEAST_BODY_BYTES = 2 * RUN_BYTES + 1 + SEQUENCE_DIGITS

/** Sends as fast as the connections allow, for the given time. Rejects bodies that are too small for an id. */
export async function runProduce(options: ProduceOptions): Promise<LoadReport> {
  if (options.bodyBytes < LEAST_BODY_BYTES)
    throw new RangeError(
      `bodyBytes must be at least ${LEAST_BODY_BYTES}: a body begins with the id of its message`,
    )
  const latency = new Latency()
  const errors = new ErrorsByCode()
  const run = randomBytes(RUN_BYTES).toString('hex')
  const idOf = (sequence: number): string => `${run}-${sequence.toString(36).padStart(SEQUENCE_DIGITS, '0')}`
  let sequence = 0
  let messages = 0
  const overMs = performance.now() + options.seconds * 1000
  const sends: SendRun = {
    frame: () => new SendFrame({ ...options, timeoutMs: SEND_TIMEOUT_MS }, idOf(0)),
    replyTimeoutMs: SEND_TIMEOUT_MS * 2,
    isOver: () => performance.now() >= overMs,
    nextId: () => idOf(sequence++),
    answered(id, code, durationMs) {
      latency.record(durationMs)
      if (code !== 0) return errors.count(String(code))
      messages += 1
      options.acknowledged?.(id)
    },
    failed: error => errors.countThrown(error),
  }
  const usage = await measureLoad(options.pid, () => spread(options, address => runSends(address, sends)))
  return { messages, ...latency.summary(), errors: errors.toRecord(), ...perMessage(usage, messages) }
}
