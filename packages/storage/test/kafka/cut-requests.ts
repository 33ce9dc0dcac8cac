import { tracingChannel } from 'node:diagnostics_channel'

/** What the client library says of each request it writes. */
interface Written {
  readonly apiKey: number
  readonly connection: { readonly socket?: { destroy(): void } }
}

/** Counts the requests of one kind that this process writes, and ends the connection of each before its answer comes. */
export function cutRequests(apiKey: number) {
  let written = 0
  const channel = tracingChannel<string, object>('plt:kafka:connections:api')
  const onWrite = (request: unknown): void => {
    const { apiKey: key, connection } = request as Written
    if (key !== apiKey) return
    written++
    setImmediate(() => connection.socket?.destroy())
  }
  channel.start.subscribe(onWrite)
  return {
    get written() {
      return written
    },
    [Symbol.dispose]() {
      channel.start.unsubscribe(onWrite)
    },
  }
}
