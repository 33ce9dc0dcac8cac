/**
 * The least that a consumer proxy can be (entry file of a process; bytes of a body): answers each `pull` with the same 32 messages,
 * and anything else as a `submit`.
 */
import { consumerService, type PullResponse } from '@ddmq/common/idl'
import { endOfSequence, replyTail, replyTo, serveFrames } from './frame-server.ts'

const MESSAGES = 32
const P = 'p'.charCodeAt(0)

const bodyBytes = Number(process.argv[2])
const pulled = replyTail('pull', writer => consumerService.pull.writeResult(writer, response()))
const submitted = replyTail('submit', writer => consumerService.submit.writeResult(writer, true))

await serveFrames((frame, socket) => {
  const isPull = frame[endOfSequence(frame) + 1] === P
  socket.write(replyTo(frame, isPull ? pulled : submitted))
})

function response(): PullResponse {
  return {
    context: { groupId: 'cg_bench', topic: 'bench', qid: 'main_0' },
    messages: Array.from({ length: MESSAGES }, (_, index) => ({
      key: `k${index}`,
      value: Buffer.alloc(bodyBytes, '.'),
      tag: '',
      offset: 1_000_000 + index,
      properties: undefined,
    })),
  }
}
