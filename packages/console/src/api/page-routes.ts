import type { RegistryProblem } from '@ddmq/common/registry'
import type { Response } from 'express'
import { Router } from 'express'
import type { AppContext } from '../app/context.ts'
import { readStats } from '../app/stats.ts'
import { addressOf } from '../core/addresses.ts'
import { TooManyAttemptsError } from '../errors.ts'
import { STYLE, signInPage, statusPage } from './pages.ts'
import { type SessionDeps, signIn, signOut } from './session-routes.ts'

/** The status page, and the form in front of it. */
export function pageRoutes(
  app: AppContext,
  session: SessionDeps,
  problems: () => readonly RegistryProblem[],
): Router {
  const router = Router({ caseSensitive: true, strict: true })
  router.get('/style.css', (_request, response) => {
    response.type('css').send(STYLE)
  })
  router.get('/sign-in', (_request, response) => sendHtml(response, 200, signInPage('')))
  router.post('/sign-in', async (request, response) => {
    try {
      if (await signIn(session, request, response)) return response.redirect(303, '/')
      sendHtml(response, 403, signInPage('Name or password is wrong.'))
    } catch (thrown) {
      if (!(thrown instanceof TooManyAttemptsError)) throw thrown
      sendHtml(response, 429, signInPage(thrown.message))
    }
  })
  router.post('/sign-out', async (request, response) => {
    await signOut(session, request, response)
    response.redirect(303, '/sign-in')
  })
  router.get('/', async (_request, response) => {
    const inventory = await app.store.inventory()
    const addresses = (kind: 'pproxy' | 'cproxy') =>
      inventory.nodes.filter(node => node.kind === kind).map(node => addressOf(node))
    const html = statusPage({
      stats: await readStats(app),
      producerProxies: addresses('pproxy'),
      consumerProxies: addresses('cproxy'),
      brokerClusters: inventory.mqServers.map(server => server.name),
      problems: problems(),
      caller: String(response.locals['caller']),
    })
    sendHtml(response, 200, html)
  })
  return router
}

function sendHtml(response: Response, status: number, html: string): void {
  response.status(status).type('html').send(html)
}
