import { settledBefore } from '../async/settled-before.ts'
import { describeError } from '../errors/index.ts'
import type { Logger } from '../log/index.ts'
import type { Component, Health } from './component.ts'
import { AlreadyStartedError, StartAbortedError, StartFailedError, StopFailedError } from './errors.ts'
import { Patience } from './patience.ts'

/** How long a component may take to react to the deadline; one whose turn comes after it has this long to close its files. */
const GRACE_MS = 1_000

export type ServiceState = 'created' | 'starting' | 'running' | 'stopping' | 'stopped' | 'failed'

export interface ServiceOptions {
  readonly name: string
  /** In dependency order: started from first to last, stopped from last to first. */
  readonly components: readonly Component[]
  readonly log: Logger
  /** Aborts a start that takes longer. Absent: a start may take as long as it needs. */
  readonly startTimeoutMs?: number
  /** Common deadline of all components' `stop`; a second at most is added for each that does not meet it. */
  readonly stopTimeoutMs: number
}

/**
 * Starts and stops the components of one process.
 *
 * L1 Components start one after the other, in order; the next one only after the one before has started.
 * L2 Whatever fails, every component whose start resolved is stopped exactly once, in reverse order.
 * L3 A component whose start did not resolve is not stopped.
 * L4 `stop` never ends half-way: an error or a missed deadline of one component does not keep the others from their stop.
 */
export class Service {
  readonly name: string
  readonly #options: ServiceOptions
  readonly #abortStart = new AbortController()
  readonly #started: Component[] = []
  #state: ServiceState = 'created'
  #starting: Promise<void> | undefined
  #startingNow: Component | undefined
  #stopping: Promise<void> | undefined
  #unwindErrors: readonly Error[] = []

  constructor(options: ServiceOptions) {
    this.name = options.name
    this.#options = options
  }

  get state(): ServiceState {
    return this.#state
  }

  /** Resolves when all components run; rejects with `LIFECYCLE_START_FAILED` after what had started is stopped again. */
  start(): Promise<void> {
    if (this.#state !== 'created' || this.#stopping !== undefined) {
      return Promise.reject(new AlreadyStartedError(`${this.name} was started or stopped before`))
    }
    this.#state = 'starting'
    this.#starting = this.#startAll()
    return this.#starting
  }

  /** Idempotent: every call gives the same promise. Aborts a start in progress. Rejects with `LIFECYCLE_STOP_FAILED`. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopOnce()
    return this.#stopping
  }

  /**
   * Ready only while running and while no component reports a reason against it. While it starts, what the component whose
   * turn it is has to say stands behind: a broker that cannot be reached is seen from outside.
   */
  health(): Health {
    if (this.#state !== 'running') {
      const current = this.#startingNow === undefined ? undefined : healthOf(this.#startingNow)
      const why = current === undefined || current.ok ? '' : `; ${this.#startingNow?.name}: ${current.reason}`
      return { ok: false, reason: `${this.name} is ${this.#state}${why}` }
    }
    const named = this.#options.components.map(component => ({ component, health: healthOf(component) }))
    const reasons = named.flatMap(({ component, health }) =>
      health.ok ? [] : `${component.name}: ${health.reason}`,
    )
    if (reasons.length > 0) return { ok: false, reason: reasons.join('; ') }
    const degraded = named.flatMap(({ component, health }) =>
      health.ok && health.degraded !== undefined ? `${component.name}: ${health.degraded}` : [],
    )
    return degraded.length === 0 ? { ok: true } : { ok: true, degraded: degraded.join('; ') }
  }

  async #startAll(): Promise<void> {
    const { startTimeoutMs } = this.#options
    const timer = startTimeoutMs === undefined ? undefined : this.#abortStartAfter(startTimeoutMs)
    try {
      for (const component of this.#options.components) await this.#startOne(component)
      this.#state = 'running'
      this.#options.log.info({ service: this.name }, 'service started')
    } catch (thrown) {
      throw await this.#unwind(thrown)
    } finally {
      clearTimeout(timer)
    }
  }

  async #startOne(component: Component): Promise<void> {
    const { signal } = this.#abortStart
    this.#startingNow = component
    try {
      signal.throwIfAborted()
      const starting = begin(() => component.start(signal))
      await this.#startedOrGivenUp(component, starting)
      this.#started.push(component)
      signal.throwIfAborted()
    } catch (cause) {
      throw new StartFailedError(`${component.name} did not start`, {
        cause,
        details: { component: component.name },
      })
    } finally {
      this.#startingNow = undefined
    }
  }

  /**
   * A component that ignores the abort is waited for until the stop deadline and then given up; should its start resolve
   * after all, it is stopped then (L2).
   */
  async #startedOrGivenUp(component: Component, starting: Promise<void>): Promise<void> {
    using patience = new Patience(this.#abortStart.signal, this.#options.stopTimeoutMs)
    try {
      await settledBefore(patience.signal, starting)
    } catch (thrown) {
      if (patience.signal.aborted) this.#stopWhenStarted(component, starting)
      throw thrown
    }
  }

  #stopWhenStarted(component: Component, starting: Promise<void>): void {
    starting
      .then(() => component.stop(AbortSignal.abort(this.#abortStart.signal.reason)))
      .catch((err: unknown) => {
        this.#options.log.warn({ component: component.name, err }, 'given-up component ended with an error')
      })
  }

  async #unwind(cause: unknown): Promise<unknown> {
    this.#unwindErrors = await this.#stopStarted()
    this.#state = 'failed'
    if (this.#unwindErrors.length === 0 || !(cause instanceof StartFailedError)) return cause
    return new StartFailedError(cause.message, {
      cause: new AggregateError([cause.cause, ...this.#unwindErrors], 'start failed and so did stopping'),
      details: cause.details,
    })
  }

  async #stopOnce(): Promise<void> {
    const hadFailed = this.#state === 'failed'
    this.#abortStart.abort(new StartAbortedError(`${this.name} was asked to stop`))
    // The caller of `start` gets its failure; what it had started is stopped by then.
    await this.#starting?.catch(() => undefined)
    this.#state = 'stopping'
    const errors = [...this.#unwindErrors, ...(await this.#stopStarted())]
    this.#state = hadFailed || errors.length > 0 ? 'failed' : 'stopped'
    if (errors.length > 0) {
      throw new StopFailedError(`${this.name} did not stop cleanly`, { cause: new AggregateError(errors) })
    }
    this.#options.log.info({ service: this.name }, 'service stopped')
  }

  async #stopStarted(): Promise<Error[]> {
    const { stopTimeoutMs } = this.#options
    const errors: Error[] = []
    const deadline = new AbortController()
    const timer = setTimeout(
      () => deadline.abort(new StopFailedError(`the stop deadline of ${stopTimeoutMs} ms passed`)),
      stopTimeoutMs,
    )
    for (const component of this.#started.splice(0).toReversed()) {
      try {
        await stopOne(component, deadline.signal, Math.min(GRACE_MS, stopTimeoutMs))
      } catch (cause) {
        const details = { component: component.name }
        errors.push(new StopFailedError(`${component.name} did not stop`, { cause, details }))
      }
    }
    clearTimeout(timer)
    return errors
  }

  #abortStartAfter(ms: number): NodeJS.Timeout {
    return setTimeout(
      () => this.#abortStart.abort(new StartAbortedError(`the start took longer than ${ms} ms`)),
      ms,
    )
  }
}

async function stopOne(component: Component, deadline: AbortSignal, graceMs: number): Promise<void> {
  using patience = new Patience(deadline, graceMs)
  await settledBefore(
    patience.signal,
    begin(() => component.stop(deadline)),
  )
}

/** Turns a synchronous throw into a rejection. */
async function begin(work: () => Promise<void>): Promise<void> {
  await work()
}

function healthOf(component: Component): Health {
  try {
    return component.health?.() ?? { ok: true }
  } catch (thrown) {
    return { ok: false, reason: describeError(thrown) }
  }
}
