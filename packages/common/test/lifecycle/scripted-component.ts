import type { Component, Health } from '@ddmq/common/lifecycle'

/** How a step of a component ends: well, at once with an error, never, or only when its signal aborts. */
export type Ending = 'ok' | 'throws' | 'rejects' | 'hangs' | 'obeys'

/** A component that behaves as told and writes down what happens to it. */
export class ScriptedComponent implements Component {
  readonly name: string
  readonly #events: string[]
  readonly #startEnds: Ending
  readonly #stopEnds: Ending
  state: Health = { ok: true }

  constructor(name: string, events: string[], startEnds: Ending = 'ok', stopEnds: Ending = 'ok') {
    this.name = name
    this.#events = events
    this.#startEnds = startEnds
    this.#stopEnds = stopEnds
  }

  async start(abort: AbortSignal): Promise<void> {
    await end(this.#startEnds, abort)
    this.#events.push(`started ${this.name}`)
  }

  stop(deadline: AbortSignal): Promise<void> {
    this.#events.push(`stopped ${this.name}`)
    if (this.#stopEnds === 'throws') throw new Error('stop threw')
    return end(this.#stopEnds, deadline)
  }

  health(): Health {
    return this.state
  }
}

function end(ending: Ending, signal: AbortSignal): Promise<void> {
  if (ending === 'ok') return Promise.resolve()
  if (ending === 'throws' || ending === 'rejects') return Promise.reject(new Error(ending))
  if (ending === 'hangs') return new Promise(() => undefined)
  return new Promise((_, reject) => {
    const give = (): void => reject(new Error('interrupted', { cause: signal.reason }))
    if (signal.aborted) give()
    signal.addEventListener('abort', give)
  })
}
