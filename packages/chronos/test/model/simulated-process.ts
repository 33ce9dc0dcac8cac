import type { Clock } from '@ddmq/common/clock'

/**
 * A process that can be stopped, killed and lied to about the time. Everything that a process waits for (timers, answers of
 * brokers, its disk) comes back through `run`: held while it is paused, never again once it is dead.
 */
export class SimulatedProcess {
  readonly name: string
  readonly clock: Clock
  readonly #world: Clock
  #state: 'running' | 'paused' | 'dead' = 'running'
  #held: (() => void)[] = []
  #wallOffsetMs = 0
  /** How long its own steady clock stood still (suspend). */
  #suspendedMs = 0
  #suspendedAtMs: number | undefined
  #silentSinceMs: number | undefined
  readonly #onSilent = new Set<() => void>()

  /** `world`: the true time. */
  constructor(name: string, world: Clock) {
    this.name = name
    this.#world = world
    this.clock = {
      nowMs: () => world.nowMs() + this.#wallOffsetMs,
      monotonicMs: () => world.monotonicMs() - this.#suspendedMs,
      schedule: (ms, callback) => world.schedule(ms, () => this.run(callback)),
      sleep: (ms, signal) => this.#sleep(ms, signal),
    }
  }

  get alive(): boolean {
    return this.#state !== 'dead'
  }

  get running(): boolean {
    return this.#state === 'running'
  }

  /** Since when nobody hears of it, by the world's steady clock. */
  get silentSinceMs(): number | undefined {
    return this.#silentSinceMs
  }

  /** Time since the machine was started; goes on while it is suspended. */
  bootTimeMs(): number {
    return this.#world.monotonicMs()
  }

  /** Calls back when it was stopped or killed. */
  onSilent(callback: () => void): void {
    this.#onSilent.add(callback)
  }

  run(callback: () => void): void {
    if (this.#state === 'running') callback()
    else if (this.#state === 'paused') this.#held.push(callback)
  }

  /** For what is awaited beside the brokers and the clock: the disk. */
  guard<Value>(promise: Promise<Value>): Promise<Value> {
    return new Promise((resolve, reject) => {
      promise.then(
        value => this.run(() => resolve(value)),
        (thrown: unknown) => this.run(() => reject(thrown)),
      )
    })
  }

  /** SIGSTOP, or with `suspend` the whole machine, whose steady clock then stands still. */
  pause(suspend = false): void {
    if (this.#state !== 'running') return
    this.#state = 'paused'
    this.#becomeSilent()
    if (suspend) this.#suspendedAtMs = this.#world.monotonicMs()
  }

  resume(): void {
    if (this.#state !== 'paused') return
    this.#state = 'running'
    this.#silentSinceMs = undefined
    if (this.#suspendedAtMs !== undefined) {
      this.#suspendedMs += this.#world.monotonicMs() - this.#suspendedAtMs
      this.#suspendedAtMs = undefined
    }
    const held = this.#held
    this.#held = []
    for (const callback of held) this.run(callback)
  }

  /** kill −9: whatever it waits for never comes. */
  kill(): void {
    this.#state = 'dead'
    this.#becomeSilent()
    this.#held = []
  }

  stepWall(ms: number): void {
    this.#wallOffsetMs += ms
  }

  /** NTP has set it right. */
  healWall(): void {
    this.#wallOffsetMs = 0
  }

  #becomeSilent(): void {
    this.#silentSinceMs ??= this.#world.monotonicMs()
    for (const callback of this.#onSilent) callback()
  }

  #sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const cancel = this.clock.schedule(ms, resolve)
      signal?.addEventListener('abort', () => (cancel(), reject(signal.reason)), { once: true })
    })
  }
}
