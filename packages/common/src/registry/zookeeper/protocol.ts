import { JuteReader, JuteWriter } from './jute.ts'

/** What a server tells about a node. */
export interface NodeStat {
  readonly czxid: number
  readonly mzxid: number
  readonly version: number
}

export interface StoredNode {
  readonly data: Buffer
  readonly stat: NodeStat
}

/** Kinds of requests. */
export const OP = {
  create: 1,
  remove: 2,
  stat: 3,
  read: 4,
  write: 5,
  children: 8,
  sync: 9,
  ping: 11,
  auth: 100,
  close: -11,
} as const

/** Numbers of requests that are not answered in turn. */
export const XID = { change: -1, ping: -2, auth: -4 } as const

const PERM_ALL = 31
const PASSWORD_BYTES = 16

/** First frame of a connection: a new session. A server that has seen less than `lastZxid` refuses it. */
export function connectFrame(lastZxid: number, timeoutMs: number): Buffer {
  return new JuteWriter()
    .int(0)
    .long(lastZxid)
    .int(timeoutMs)
    .long(0)
    .buffer(Buffer.alloc(PASSWORD_BYTES))
    .bool(false)
    .frame()
}

/** The time-out that the server grants; 0: no session. */
export function grantedTimeoutMs(answer: Buffer): number {
  const reader = new JuteReader(answer)
  reader.int()
  return reader.int()
}

/** A frame with the head of a request; the caller adds what the request holds. */
export function request(xid: number, op: number): JuteWriter {
  return new JuteWriter().int(xid).int(op)
}

/** Open to everybody, or only to those whom the session is authenticated as. */
export function writeAcl(writer: JuteWriter, acl: 'open' | 'creator'): JuteWriter {
  const [scheme, id] = acl === 'open' ? ['world', 'anyone'] : ['auth', '']
  return writer.int(1).int(PERM_ALL).text(scheme).text(id)
}

export interface AnswerHead {
  readonly xid: number
  readonly zxid: number
  readonly rc: number
}

export function readHead(reader: JuteReader): AnswerHead {
  return { xid: reader.int(), zxid: reader.long(), rc: reader.int() }
}

export function readStat(reader: JuteReader): NodeStat {
  const czxid = reader.long()
  const mzxid = reader.long()
  reader.long()
  reader.long()
  return { czxid, mzxid, version: reader.int() }
}

export function readNode(reader: JuteReader): StoredNode {
  const data = Buffer.from(reader.buffer())
  return { data, stat: readStat(reader) }
}

/** The path of the node that changed. */
export function readChange(reader: JuteReader): string {
  reader.int()
  reader.int()
  return reader.text()
}
