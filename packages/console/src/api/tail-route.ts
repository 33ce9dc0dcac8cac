import type { Response } from 'express'
import { Router } from 'express'
import type { AppContext } from '../app/context.ts'
import { openTail, readTail } from '../app/tail-topic.ts'
import { answer } from './envelope.ts'
import { tailQuery } from './own-bodies.ts'
import { paramsOf, parse } from './parse.ts'

/**
 * `GET topics/:topic/tail`: one JSON record per line, an empty line when nothing came for some seconds. Ends after `max`
 * records, when the client leaves, or when the console stops.
 */
export function tailRoute(app: AppContext, stopping: AbortSignal): Router {
  const router = Router({ caseSensitive: true, strict: true })
  router.get(
    '/topics/:topic/tail',
    answer(async (request, response) => {
      const query = parse(tailQuery, paramsOf(request))
      const tail = await openTail(app, {
        topic: String(request.params['topic']),
        from: query.from,
        max: query.max,
        partition: query.partition,
      })
      const left = new AbortController()
      response.once('close', () => left.abort())
      const signal = AbortSignal.any([stopping, left.signal])
      response.status(200).setHeader('Content-Type', 'application/x-ndjson;charset=UTF-8')
      // A stream's connection is not used again, so that a stop need not wait for the client to give it up.
      response.setHeader('Connection', 'close')
      response.flushHeaders()
      try {
        for await (const record of readTail(tail, signal)) {
          await writeLine(response, record === undefined ? '' : JSON.stringify(record), signal)
        }
      } catch (thrown) {
        if (!signal.aborted) app.log.warn({ err: thrown, topic: request.params['topic'] }, 'tail ended early')
      }
      response.end()
    }),
  )
  return router
}

/** Waits for a slow client, so that a tail holds one batch and no more. */
async function writeLine(response: Response, line: string, signal: AbortSignal): Promise<void> {
  if (signal.aborted || response.write(`${line}\n`)) return
  await new Promise<void>(resolve => {
    const done = () => {
      response.off('drain', done)
      signal.removeEventListener('abort', done)
      resolve()
    }
    response.once('drain', done)
    signal.addEventListener('abort', done, { once: true })
  })
}
