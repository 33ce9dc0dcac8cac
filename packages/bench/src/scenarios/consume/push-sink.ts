import type { SpawnedServer } from '../../servers/spawned-server.ts'

/** What a receiver of pushes got so far. */
export interface Seen {
  readonly posts: number
  /** Of them, those that brought a message which had come before. */
  readonly repeated: number
  readonly lastBody: string
}

/** Where the pushes go: a receiver in a process of its own. */
export class PushSink {
  readonly origin: string
  readonly pid: number

  constructor({ address, pid }: SpawnedServer) {
    this.origin = `http://${address.host}:${address.port}`
    this.pid = pid
  }

  async seen(): Promise<Seen> {
    const response = await fetch(this.origin)
    const [posts, repeated, lastBody = ''] = (await response.text()).split('\n')
    return { posts: Number(posts), repeated: Number(repeated), lastBody }
  }
}
