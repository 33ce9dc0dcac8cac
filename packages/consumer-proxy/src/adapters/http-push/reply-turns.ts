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

/** What one throws is an uncaught error. The others are told all the same: the stop that follows waits for their messages. */
function tellAll(ended: readonly Ended[]): void {
  let told = 0
  try {
    for (const each of ended) {
      told += 1
      each.tell()
    }
  } finally {
    if (told < ended.length) setImmediate(tellAll, ended.slice(told))
  }
}
