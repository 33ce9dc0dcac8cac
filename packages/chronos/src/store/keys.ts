/** Hot path: once per entry. The keys of one shard's entries; shards of one store differ in what their keys begin with. */
import type { PartitionId } from '@ddmq/storage'
import type { MessageName } from '@ddmq/storage/delay'
import { readTime, TIME_BYTES, writeTime } from './times.ts'

/**
 * What follows the prefix of the shard. Names and topics are ASCII and hold no zero.
 *
 *   p  due, name          → round that waits for its time
 *   a  topic 0 due, name  → round that is set aside
 *   l  name               → add beside a progress record
 *   s  name               → progress record, without what is delivered
 *   f  time, name         → "fired" record, by the time of it
 *   c  name               → cancels of a message, all rounds
 *   u  until, name/round  → cancel, by when it ends
 *   b  topic 0 hour       → backlog of one topic due in one hour
 *   t  topic              → how many rounds of it are set aside
 *   z                     → state: position, counts, low marks
 */
type NamedKind = 'l' | 's' | 'c' | 't'
type TimedKind = 'p' | 'f' | 'u'
type TopicKind = 'a' | 'b'
type Kind = NamedKind | TimedKind | TopicKind

export interface KeyRange {
  readonly gte: Buffer
  readonly lt: Buffer
}

/** What a key says that has a time; the text is a name, or empty. */
export interface TimedKey {
  readonly timeMs: number
  readonly text: string
}

/** What the keys of a shard begin with; of two shards none begins with the other's. */
export function shardPrefix(clusterName: string, partition: PartitionId): Buffer {
  const parts = [clusterName, partition].map(part => Buffer.from(part))
  return Buffer.concat(parts.flatMap(part => [Buffer.from([part.length >>> 8, part.length & 0xff]), part]))
}

export class ShardKeys {
  readonly #prefix: Buffer
  /** Where a key goes on after its kind. */
  readonly #body: number

  constructor(prefix: Buffer) {
    this.#prefix = Buffer.from(prefix)
    this.#body = prefix.length + 1
  }

  pending(dueMs: number, name: MessageName): Buffer {
    return this.#timed('p', dueMs, name)
  }

  aside(topic: string, dueMs: number, name: MessageName): Buffer {
    return this.#ofTopic('a', topic, { timeMs: dueMs, text: name })
  }

  litterAdd(name: MessageName): Buffer {
    return this.#named('l', name)
  }

  progress(name: MessageName): Buffer {
    return this.#named('s', name)
  }

  fired(atMs: number, name: MessageName): Buffer {
    return this.#timed('f', atMs, name)
  }

  cancels(name: MessageName): Buffer {
    return this.#named('c', name)
  }

  cancelEnd(untilMs: number, name: MessageName, round: number): Buffer {
    return this.#timed('u', untilMs, `${name}/${round}`)
  }

  backlog(topic: string, hour: number): Buffer {
    return this.#ofTopic('b', topic, { timeMs: hour, text: '' })
  }

  asideTopic(topic: string): Buffer {
    return this.#named('t', topic)
  }

  state(): Buffer {
    return this.#start('z', 0)
  }

  /** Entries of a kind, all of them. */
  all(kind: Kind): KeyRange {
    const lt = this.#start(kind, 0)
    lt[lt.length - 1] = kind.charCodeAt(0) + 1
    return { gte: this.#start(kind, 0), lt }
  }

  /** Entries whose time is in [from, to). */
  between(kind: TimedKind, fromMs: number, toMs: number): KeyRange {
    return { gte: this.#timed(kind, fromMs, ''), lt: this.#timed(kind, toMs, '') }
  }

  asideBetween(topic: string, fromMs: number, toMs: number): KeyRange {
    return {
      gte: this.#ofTopic('a', topic, { timeMs: fromMs, text: '' }),
      lt: this.#ofTopic('a', topic, { timeMs: toMs, text: '' }),
    }
  }

  /** Everything of the shard. */
  shard(): KeyRange {
    const lt = this.#start('z', 0)
    lt[lt.length - 1] = 0xff
    return { gte: this.#prefix, lt }
  }

  nameOf(key: Buffer): string {
    return key.toString('latin1', this.#body)
  }

  timedOf(key: Buffer): TimedKey {
    return { timeMs: readTime(key, this.#body), text: key.toString('latin1', this.#body + TIME_BYTES) }
  }

  ofTopicOf(key: Buffer): TimedKey & { readonly topic: string } {
    const end = key.indexOf(0, this.#body)
    return {
      topic: key.toString('latin1', this.#body, end),
      timeMs: readTime(key, end + 1),
      text: key.toString('latin1', end + 1 + TIME_BYTES),
    }
  }

  #named(kind: NamedKind, name: string): Buffer {
    const key = this.#start(kind, name.length)
    key.write(name, this.#body, 'latin1')
    return key
  }

  #timed(kind: TimedKind, timeMs: number, text: string): Buffer {
    const key = this.#start(kind, TIME_BYTES + text.length)
    writeTime(key, timeMs, this.#body)
    key.write(text, this.#body + TIME_BYTES, 'latin1')
    return key
  }

  #ofTopic(kind: TopicKind, topic: string, { timeMs, text }: TimedKey): Buffer {
    const key = this.#start(kind, topic.length + 1 + TIME_BYTES + text.length)
    const end = this.#body + topic.length
    key.write(topic, this.#body, 'latin1')
    key[end] = 0
    writeTime(key, timeMs, end + 1)
    key.write(text, end + 1 + TIME_BYTES, 'latin1')
    return key
  }

  #start(kind: Kind | 'z', moreBytes: number): Buffer {
    const key = Buffer.allocUnsafe(this.#body + moreBytes)
    this.#prefix.copy(key)
    key[this.#body - 1] = kind.charCodeAt(0)
    return key
  }
}
