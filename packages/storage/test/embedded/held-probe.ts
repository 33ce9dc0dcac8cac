/** A free-space probe that answers when the test says, so that a write stays in flight meanwhile. */
export class HeldProbe {
  #held: (() => void)[] = []
  holds = false
  readonly probe = async (): Promise<number> => {
    if (this.holds) await new Promise<void>(resolve => this.#held.push(resolve))
    return Number.MAX_SAFE_INTEGER
  }

  get waiting(): boolean {
    return this.#held.length > 0
  }

  release(): void {
    this.holds = false
    for (const resolve of this.#held.splice(0)) resolve()
  }
}
