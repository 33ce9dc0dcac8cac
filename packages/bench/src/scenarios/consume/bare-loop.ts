import { type SpawnedServer, spawnServer } from '../../servers/spawned-server.ts'
import type { PushSink } from './push-sink.ts'

/** A process that posts what the receiver got last, over and over, while it is told to: it stays, and so do its connections. */
export class BareLoop implements AsyncDisposable {
  readonly #server: SpawnedServer
  readonly #sink: PushSink
  readonly #control: string

  private constructor(server: SpawnedServer, sink: PushSink) {
    this.#server = server
    this.#sink = sink
    this.#control = `http://${server.address.host}:${server.address.port}`
  }

  static async start(sink: PushSink, concurrency: number): Promise<BareLoop> {
    return new BareLoop(await spawnServer('peers/undici-loop.ts', [sink.origin, `${concurrency}`]), sink)
  }

  get pid(): number {
    return this.#server.pid
  }

  /** Posts meanwhile. */
  async posting<Result>(meanwhile: () => Promise<Result>): Promise<Result> {
    const { lastBody } = await this.#sink.seen()
    await fetch(this.#control, { method: 'POST', body: lastBody })
    const result = await meanwhile()
    await fetch(this.#control, { method: 'DELETE' })
    return result
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]()
  }
}
