import type { MessageName } from '@ddmq/storage/delay'

/** Hot path: once per round. The topics of names; where many follow one another that have the same, it is one string. */
export class NameTopics {
  #last = ''

  of(name: MessageName): string {
    const { length } = this.#last
    if (length === 0 || name.charCodeAt(length) !== SLASH || !name.startsWith(this.#last))
      this.#last = name.slice(0, name.indexOf('/'))
    return this.#last
  }
}

const SLASH = 0x2f
