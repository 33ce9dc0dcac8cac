import type { ThriftReader, ThriftWriter } from './codec.ts'

/** How messages stand inside a frame. DDMQ speaks compact; binary is for tools. */
export type ProtocolName = 'compact' | 'binary'

export const MessageType = { call: 1, reply: 2, exception: 3, oneway: 4 } as const

/** A reader that also knows message headers, and is used again for every frame. */
export interface ProtocolReader extends ThriftReader {
  /** Starts over with the bytes [start, end) of `buffer`. Views handed out stay views into it. */
  reset(buffer: Buffer, start: number, end: number): void
  /** Bytes not read yet. */
  readonly remaining: number
  /** Reads the header into the three members below; throws `WIRE_BAD_HEADER` or another `WIRE_` error. */
  messageBegin(): void
  readonly messageName: string
  /** One of `MessageType`. */
  readonly messageType: number
  readonly sequenceId: number
}

export interface ProtocolWriter extends ThriftWriter {
  readonly length: number
  reset(): void
  truncate(length: number): void
  take(): Buffer
  frameBegin(): number
  frameEnd(mark: number): number
  messageBegin(name: string, type: number, sequenceId: number): void
}
