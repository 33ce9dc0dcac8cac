/** A reply that somebody waits for. */
interface Ended {
  tell(): void
}

/**
 * Tells of replies a turn of the event loop after the one in which they came, all of one turn together. Hot.
 *
 * Undici takes a connection back only then. Who asked for the next request at once would get another connection, so a
 * receiver would have twice as many as there are requests under way. And what follows the end of many messages is done once.
 */
export class ReplyTurns {
  #ended: Ended[] = []

  add(ended: Ended): void {
    this.#ended.push(ended)
    if (this.#ended.length === 1) setImmediate(this.#endTurn)
  }

  /** Connections are given back in this phase of the loop, after this; so by the next one all of them are. */
  readonly #endTurn = (): void => {
    setImmediate(tellAll, this.#ended)
    this.#ended = []
  }
}

function tellAll(ended: readonly Ended[]): void {
  for (const each of ended) each.tell()
}
