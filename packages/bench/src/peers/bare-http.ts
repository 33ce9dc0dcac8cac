import { createServer, type Server, type Socket } from 'node:net'

/** What is answered to a request; `body` has one character per byte. */
type Answer = (method: string, body: string) => string

const END_OF_HEAD = '\r\n\r\n'
const CONTENT_LENGTH = /\r\ncontent-length:[ \t]*(\d+)/i
/** A head is smaller, of what is sent here. */
const MAX_HEAD_CHARS = 16_384

/**
 * As little of an HTTP/1.1 server as a measurement needs: what it costs per request must not limit those who send them.
 * Requests have a content-length or no body, and come one after the other on connections that are kept; another request is an
 * error and ends the process. The headers of a response are those of node:http.
 */
export function bareHttpServer(answer: Answer): Server {
  return createServer({ noDelay: true }, socket => {
    const connection = new Connection(socket, answer)
    socket
      .setEncoding('latin1')
      .on('data', (text: string) => connection.received(text))
      // The peer was killed.
      .on('error', () => socket.destroy())
  })
}

class Connection {
  readonly #socket: Socket
  readonly #answer: Answer
  #text = ''

  constructor(socket: Socket, answer: Answer) {
    this.#socket = socket
    this.#answer = answer
  }

  received(text: string): void {
    this.#text += text
    while (this.#takeRequest());
  }

  /** False: there is no complete one. */
  #takeRequest(): boolean {
    const text = this.#text
    const headEnd = text.indexOf(END_OF_HEAD)
    if (headEnd === -1) {
      if (text.length > MAX_HEAD_CHARS) throw new Error('the head of a request is too large')
      return false
    }
    const bodyStart = headEnd + END_OF_HEAD.length
    const bodyEnd = bodyStart + bodyLength(text.slice(0, headEnd))
    if (text.length < bodyEnd) return false
    this.#text = text.slice(bodyEnd)
    const method = text.slice(0, text.indexOf(' '))
    this.#socket.write(response(this.#answer(method, text.slice(bodyStart, bodyEnd))), 'latin1')
    return true
  }
}

function bodyLength(head: string): number {
  const [, length = '0'] = CONTENT_LENGTH.exec(head) ?? []
  if (/\r\n(?:transfer-encoding|expect):/i.test(head)) throw new Error(`a request of another kind: ${head}`)
  return Number(length)
}

const HEAD = `HTTP/1.1 200 OK\r\nDate: ${new Date().toUTCString()}\r\nConnection: keep-alive\r\nKeep-Alive: timeout=60\r\n`

function response(body: string): string {
  return `${HEAD}Content-Length: ${body.length}\r\n\r\n${body}`
}
