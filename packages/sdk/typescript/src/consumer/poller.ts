import type { PullRequest } from '@ddmq/common/idl'
import { backoffMs } from '../core/backoff.ts'
import { VERSION } from '../core/version.ts'
import type { Dispatcher } from './dispatcher.ts'
import { type ConsumerContext, type EndpointLink, RECONNECT_MAX_MS, RECONNECT_MS } from './endpoint-link.ts'

const IDLE_MS = 50
const IDLE_MAX_MS = 500
/** A server that held an empty pull for this part of the linger has waited properly. */
const FULL_LINGER_RATIO = 0.9

export interface PollerSignals {
  /** No further pull begins; one under way is still answered, because its messages are already on loan. */
  readonly stopping: AbortSignal
  /** Pulls under way end too. */
  readonly killed: AbortSignal
}

/**
 * Pulls one server, for one topic or for all, until told to stop. Nothing a server does ends the loop: it is bounded by
 * the signals only. Its pauses: no free handler; 50 ms → 2 s after a failure; 50 → 500 ms when the server answers empty
 * without having waited.
 */
export class Poller {
  readonly #link: EndpointLink
  readonly #dispatcher: Dispatcher
  readonly #context: ConsumerContext
  readonly #topic: string | undefined
  #failures = 0
  #idleAnswers = 0

  constructor(
    link: EndpointLink,
    dispatcher: Dispatcher,
    context: ConsumerContext,
    topic: string | undefined,
  ) {
    this.#link = link
    this.#dispatcher = dispatcher
    this.#context = context
    this.#topic = topic
  }

  async run({ stopping, killed }: PollerSignals): Promise<void> {
    while (!stopping.aborted) {
      const room = this.#dispatcher.room
      if (room === 0) {
        await untilAborted(this.#dispatcher.nextChange(), stopping)
        continue
      }
      const pauseMs = await this.#pullOnce(room, killed)
      if (pauseMs > 0) await this.#context.clock.sleep(pauseMs, stopping).catch(ignoreAbort)
      // Handlers that end in this turn of the event loop get their outcome into the next pull.
      else await new Promise(resolve => setImmediate(resolve))
    }
  }

  /** Returns the pause before the next pull. Never rejects. */
  async #pullOnce(room: number, killed: AbortSignal): Promise<number> {
    const { clock, settings } = this.#context
    const startedMs = clock.monotonicMs()
    try {
      const response = await this.#link.pull(this.#request(room), killed)
      this.#countPull(response.messages.length === 0 ? 'empty' : 'messages')
      this.#failures = 0
      if (response.messages.length > 0) {
        this.#idleAnswers = 0
        this.#dispatcher.accept(response, this.#link)
        return 0
      }
      return this.#idlePauseMs(clock.monotonicMs() - startedMs >= settings.lingerMs * FULL_LINGER_RATIO)
    } catch (err) {
      return this.#failurePauseMs(err)
    }
  }

  #request(room: number): PullRequest {
    const { group, lingerMs } = this.#context.settings
    return {
      groupId: group,
      topic: this.#topic,
      maxBatchSize: room,
      maxLingerTime: lingerMs,
      version: VERSION,
    }
  }

  #idlePauseMs(serverWaited: boolean): number {
    this.#idleAnswers = serverWaited ? 0 : this.#idleAnswers + 1
    return serverWaited ? 0 : backoffMs(this.#idleAnswers, IDLE_MS, IDLE_MAX_MS, this.#context.random)
  }

  #failurePauseMs(err: unknown): number {
    const { settings, random } = this.#context
    this.#failures += 1
    this.#countPull('failed')
    settings.metrics?.count('ddmq_client_reconnects_total', { endpoint: this.#link.name }, 1)
    if (this.#failures === 1)
      settings.logger.warn('pull failed', { group: settings.group, endpoint: this.#link.name, err })
    return backoffMs(this.#failures, RECONNECT_MS, RECONNECT_MAX_MS, random)
  }

  #countPull(result: string): void {
    const { metrics, group } = this.#context.settings
    metrics?.count('ddmq_client_pull_total', { group, endpoint: this.#link.name, result }, 1)
  }
}

/** Resolves with the promise or with the signal, whichever is first. */
function untilAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const end = (): void => {
      signal.removeEventListener('abort', end)
      resolve()
    }
    if (signal.aborted) return end()
    signal.addEventListener('abort', end, { once: true })
    void promise.then(end)
  })
}

/** The loop's condition sees the same signal. */
function ignoreAbort(): void {}
