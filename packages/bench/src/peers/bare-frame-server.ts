// Answers every `sendSync` at once, with the same result: what no Thrift server can be cheaper than.
import { replyTo, SENT, serveFrames } from './frame-server.ts'

await serveFrames((frame, socket) => void socket.write(replyTo(frame, SENT)))
