import { EventEmitter, once } from 'node:events'
import type { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** Read-ahead of a pipe; beyond it the sender feels back-pressure. */
const MAX_HELD_BYTES = 1024 * 1024
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** What is wrong with one direction of a fault proxy, now. */
export class Faults extends EventEmitter<{ changed: [] }> {
  #delayMs = 0
  #bytesPerSecond = Number.POSITIVE_INFINITY
  #isStalled = false

  constructor() {
    super()
    this.setMaxListeners(0) // One per connection.
  }

  get delayMs(): number {
    return this.#delayMs
  }

  get bytesPerSecond(): number {
    return this.#bytesPerSecond
  }

  get isStalled(): boolean {
    return this.#isStalled
  }

  set({ delayMs = 0, bytesPerSecond = Number.POSITIVE_INFINITY, isStalled = false }): void {
    this.#delayMs = delayMs
    this.#bytesPerSecond = bytesPerSecond
    this.#isStalled = isStalled
    this.emit('changed')
  }
}

/** Carries the bytes of one connection in one direction, in order, as the faults allow; never drops any of them. */
class FaultPipe {
  readonly #from: Socket
  readonly #to: Socket
  readonly #faults: Faults
  readonly #gone: AbortSignal
  #held: { readonly bytes: Buffer; readonly arrivedMs: number }[] = []
  #heldBytes = 0
  #isEnded = false
  #isRunning = false

  constructor(from: Socket, to: Socket, faults: Faults, gone: AbortSignal) {
    this.#from = from
    this.#to = to
    this.#faults = faults
    this.#gone = gone
  }

  start(): void {
    this.#from.on('data', bytes => this.#hold(bytes))
    this.#from.on('end', () => {
      this.#isEnded = true
      this.#run()
    })
  }

  #hold(bytes: Buffer): void {
    this.#held.push({ bytes, arrivedMs: performance.now() })
    this.#heldBytes += bytes.length
    if (this.#heldBytes > MAX_HELD_BYTES) this.#from.pause()
    this.#run()
  }

  #run(): void {
    if (this.#isRunning) return
    this.#isRunning = true
    this.#carry()
      .catch(() => undefined) // The connection is gone.
      .finally(() => {
        this.#isRunning = false
      })
  }

  async #carry(): Promise<void> {
    for (let next = this.#held[0]; next !== undefined; next = this.#held[0]) {
      const { bytes, arrivedMs } = next
      await this.#until(() => arrivedMs + this.#faults.delayMs)
      this.#held.shift()
      this.#heldBytes -= bytes.length
      if (!this.#to.write(bytes)) await once(this.#to, 'drain', { signal: this.#gone })
      const sentMs = performance.now()
      await this.#until(() => sentMs + (bytes.length * 1000) / this.#faults.bytesPerSecond)
      if (this.#heldBytes <= MAX_HELD_BYTES) this.#from.resume()
    }
    await this.#until(() => 0)
    if (this.#isEnded && this.#held.length === 0) this.#to.end()
  }

  /** Waits for a time that the faults decide, while they may change; for ever while they stall. */
  async #until(dueMs: () => number): Promise<void> {
    for (;;) {
      this.#gone.throwIfAborted()
      const waitMs = this.#faults.isStalled ? LONGEST_TIMER_MS : dueMs() - performance.now()
      if (waitMs <= 0) return
      const over = new AbortController()
      const signal = AbortSignal.any([this.#gone, over.signal])
      await Promise.race([
        once(this.#faults, 'changed', { signal }),
        delay(Math.min(waitMs, LONGEST_TIMER_MS), undefined, { signal }),
      ])
      over.abort()
    }
  }
}

/** A client's connection and the one to the server behind it; they end together. */
export class FaultConnection {
  readonly #sockets: readonly [client: Socket, server: Socket]
  readonly #closed = new AbortController()

  constructor(
    client: Socket,
    server: Socket,
    faults: { readonly toServer: Faults; readonly toClient: Faults },
  ) {
    this.#sockets = [client, server]
    for (const socket of this.#sockets) {
      socket.on('error', () => this.reset())
      socket.on('close', () => {
        if (client.closed && server.closed) this.#closed.abort()
      })
    }
    new FaultPipe(client, server, faults.toServer, this.closed).start()
    new FaultPipe(server, client, faults.toClient, this.closed).start()
  }

  /** Aborts when nothing of it is left. */
  get closed(): AbortSignal {
    return this.#closed.signal
  }

  reset(): void {
    for (const socket of this.#sockets) {
      if (socket.connecting) socket.destroy()
      else socket.resetAndDestroy()
    }
    this.#closed.abort()
  }
}
