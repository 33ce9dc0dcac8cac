import { randomInt } from 'node:crypto'
import type { Clock } from '@ddmq/common/clock'
import { DdmqError } from '@ddmq/common/errors'
import type { Logger } from '@ddmq/common/log'
import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express'
import { withNotes } from '../app/request-notes.ts'

/** The answer of every controller (console.md §2.1); members in this order. */
interface Envelope {
  readonly data: unknown
  readonly errmsg: string
  readonly errno: number
}

function sendEnvelope(response: Response, status: number, envelope: Envelope): void {
  const { data, errmsg, errno } = envelope
  response.status(status).setHeader('Content-Type', 'application/json;charset=UTF-8')
  response.end(JSON.stringify({ data, errmsg, errno }))
}

/**
 * Runs one call and puts its result into the envelope; a call without a result answers null. What its caller must know
 * although it succeeded stands in the place of `SUCCESS`.
 */
export function answer(call: (request: Request, response: Response) => unknown): RequestHandler {
  return async (request, response) => {
    const { result, notes } = await withNotes(async () => call(request, response))
    if (response.headersSent) return
    const errmsg = notes.length === 0 ? 'SUCCESS' : notes.join('; ')
    sendEnvelope(response, 200, { data: result ?? null, errmsg, errno: 0 })
  }
}

/** The original routes answer HTTP 200 and tell the error in the body; our own use the HTTP status as well. */
export type ErrorStyle = 'original' | 'own'

export function errorAnswer(style: ErrorStyle, log: Logger): ErrorRequestHandler {
  return (thrown: unknown, request, response, next) => {
    if (response.headersSent) return next(thrown)
    const failure = failureOf(thrown)
    const logId = String(response.getHeader('carrera_logid'))
    if (failure.status >= 500) log.error({ err: thrown, path: request.path, logId }, 'request failed')
    const errmsg = failure.message ?? `internal error; see the log for ${logId}`
    const { status, errno } = style === 'own' ? ownStatus(failure.status) : originalStatus(failure.status)
    sendEnvelope(response, status, { data: null, errmsg, errno })
  }
}

function ownStatus(status: number): { readonly status: number; readonly errno: number } {
  return { status, errno: status }
}

/** What the original's servlets answered outside of the envelope (404…) keeps its status. */
function originalStatus(status: number): { readonly status: number; readonly errno: number } {
  if (status >= 500) return { status: 200, errno: 500 }
  return status === 400 ? { status: 200, errno: 400 } : ownStatus(status)
}

/** What a caller may know. Only our own errors and those of the body parser tell their text; anything else might leak. */
function failureOf(thrown: unknown): { readonly status: number; readonly message: string | undefined } {
  if (thrown instanceof DdmqError) return { status: thrown.httpStatus, message: thrown.message }
  const { status, type } = toBodyError(thrown)
  if (type === 'entity.parse.failed') return { status: 400, message: 'body: is not JSON' }
  if (type === 'entity.too.large') return { status: 413, message: 'body: is too large' }
  if (status >= 400 && status < 500) return { status: 400, message: 'the request cannot be read' }
  return { status: 500, message: undefined }
}

function toBodyError(thrown: unknown): { readonly status: number; readonly type: string } {
  if (!(thrown instanceof Error)) return { status: 500, type: '' }
  const status: unknown = Reflect.get(thrown, 'status')
  const type: unknown = Reflect.get(thrown, 'type')
  return { status: typeof status === 'number' ? status : 500, type: typeof type === 'string' ? type : '' }
}

/** Gives the request its id: the parameter `logId` in any case, or time and chance (console.md §2.1). */
export function assignLogId(clock: Clock): RequestHandler {
  return (request, response, next) => {
    const given = Object.entries(request.query).find(([name]) => name.toLowerCase() === 'logid')?.[1]
    const usable = typeof given === 'string' && /^[0-9A-Za-z_-]{1,64}$/.test(given)
    const made = (BigInt(clock.nowMs()) << 22n) + BigInt(randomInt(2 ** 23))
    response.setHeader('carrera_logid', usable ? given : String(made))
    next()
  }
}
