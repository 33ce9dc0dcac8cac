import { Router } from 'express'
import { z } from 'zod'
import { cancelDelayed } from '../app/cancel-delayed.ts'
import type { AppContext } from '../app/context.ts'
import { delayStats } from '../app/delay-stats.ts'
import { findDelayed } from '../app/find-delayed.ts'
import { answer } from './envelope.ts'
import { parse } from './parse.ts'

const cancelBody = z.strictObject({ topic: z.string(), id: z.string() })

/** `/delay`: what the delay service has to do, and cancelling of it. */
export function ownDelayRoutes(app: AppContext): Router {
  const router = Router({ caseSensitive: true, strict: true })
  router.get(
    '/delay/stats',
    answer(() => delayStats(app)),
  )
  router.get(
    '/delay/messages/:topic/:id',
    answer(({ params: { topic, id } }) => findDelayed(app, { topic: String(topic), id: String(id) })),
  )
  router.post(
    '/delay/cancel',
    answer(({ body }) => cancelDelayed(app, parse(cancelBody, body))),
  )
  return router
}
