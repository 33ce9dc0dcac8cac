/**
 * A receiver of pushes that does nothing (entry file of a process): answers each POST with an empty 200, and a GET with how many POSTs
 * there were, how many of them brought a message that had come before, and the body of the last one, each on a line.
 */
import { SeenOffsets } from '../load/seen-offsets.ts'
import { bareHttpServer } from './bare-http.ts'
import { sayPort } from './say-port.ts'

const QID = /(?:^|&)carrera_qid=([^&]*)/
const OFFSET = /(?:^|&)carrera_offset=(\d+)/

const seen = new SeenOffsets()
let posts = 0
let repeated = 0
let last = ''

function pushed(body: string): string {
  posts++
  last = body
  const [qid, offset] = [QID.exec(body)?.[1], OFFSET.exec(body)?.[1]]
  if (qid === undefined || offset === undefined) throw new Error(`no push of a message: ${body}`)
  if (!seen.add(qid, Number(offset))) repeated++
  return ''
}

await sayPort(
  bareHttpServer((method, body) => (method === 'GET' ? `${posts}\n${repeated}\n${last}` : pushed(body))),
)
