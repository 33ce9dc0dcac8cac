/**
 * The least that a producer proxy with an embedded log can be (entry file of a process; a folder, and partitions): stores each frame as
 * it came, without fsync, and answers with a constant reply once RocksDB has it.
 */
import { BareLog } from './bare-log.ts'
import { replyTo, SENT, serveFrames } from './frame-server.ts'

const [dir = '', partitions = ''] = process.argv.slice(2)
const count = Number(partitions)
const log = await BareLog.open(dir, count, false)
let next = 0

await serveFrames((frame, socket) => {
  void log.append(next++ % count, frame, Date.now()).then(() => socket.write(replyTo(frame, SENT)))
})
