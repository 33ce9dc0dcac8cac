import type { ThriftReader, ThriftWriter } from './codec.ts'

/** One method: how its arguments and its result stand on the wire. Made by `@ddmq/common/idl`. */
export interface ThriftMethod<Args, Returned> {
  readonly name: string
  readArgs(reader: ThriftReader): Args
  writeArgs(writer: ThriftWriter, args: Args): void
  /** Throws `WIRE_DECLARED_EXCEPTION` when the reply carries a declared exception. */
  readResult(reader: ThriftReader): Returned
  writeResult(writer: ThriftWriter, result: Returned): void
  /** Writes the result struct for an exception this method declares; answers false, and writes nothing, for any other. */
  writeDeclared?(writer: ThriftWriter, thrown: unknown): boolean
}

export type ThriftService = Readonly<Record<string, ThriftMethod<unknown, unknown>>>

/** The caller, as a handler sees it. */
export interface CallContext {
  readonly remoteAddress: string
  /** The server is stopping: refuse new work in the service's own words; what is under way is still answered. */
  readonly draining: boolean
  /** Calls back once if the client's connection closes before the reply is written; the returned function unsubscribes. */
  onDisconnect(listener: () => void): () => void
}

export type ArgsOf<Method> = Method extends ThriftMethod<infer Args, infer _> ? Args : never
export type ReturnOf<Method> = Method extends ThriftMethod<infer _, infer Returned> ? Returned : never

/**
 * Handlers answer directly or later. A thrown declared exception is answered as such, any other error becomes
 * TApplicationException 6; the connection stays usable.
 */
export type ThriftHandlers<Service> = {
  readonly [Name in keyof Service]: (
    args: ArgsOf<Service[Name]>,
    call: CallContext,
  ) => ReturnOf<Service[Name]> | Promise<ReturnOf<Service[Name]>>
}
