import { once } from 'node:events'
import { connect } from 'node:net'

/** What a ZooKeeper server answers to a command such as `srvr`. Rejects when nothing listens or it does not answer in time. */
export async function fourLetterWord(port: number, word: string, withinMs = 2_000): Promise<string> {
  const socket = connect(port, '127.0.0.1').setEncoding('utf8')
  socket.setTimeout(withinMs, () => socket.destroy(new Error(`port ${port} does not answer ${word}`)))
  let answer = ''
  socket.on('data', text => {
    answer += String(text)
  })
  const closed = once(socket, 'close')
  socket.end(word)
  await closed
  return answer
}
