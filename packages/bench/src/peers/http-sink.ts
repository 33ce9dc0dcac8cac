/**
 * A receiver of pushes that does nothing (entry file of a process): answers each POST with an empty 200, and a GET with how many POSTs
 * there were, how many of them brought a message that had come before, and the body of the last one, each on a line.
 */
import { createServer } from 'node:http'
import { SeenOffsets } from '../load/seen-offsets.ts'
import { sayPort } from './say-port.ts'

const QID = /(?:^|&)carrera_qid=([^&]*)/
const OFFSET = /(?:^|&)carrera_offset=(\d+)/

const seen = new SeenOffsets()
let posts = 0
let repeated = 0
let last = ''

const server = createServer((request, response) => {
  if (request.method === 'GET') {
    response.end(`${posts}\n${repeated}\n${last}`)
    return
  }
  let body = ''
  request.setEncoding('latin1').on('data', (chunk: string) => (body += chunk))
  request.on('end', () => {
    response.end()
    posts++
    last = body
    const [qid, offset] = [QID.exec(body)?.[1], OFFSET.exec(body)?.[1]]
    if (qid === undefined || offset === undefined) throw new Error(`no push of a message: ${body}`)
    if (!seen.add(qid, Number(offset))) repeated++
  })
})
server.keepAliveTimeout = 60_000
await sayPort(server)
