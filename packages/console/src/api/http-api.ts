import type { Registry } from '@ddmq/common/registry'
import express, { type Express, type RequestHandler } from 'express'
import type { AppContext } from '../app/context.ts'
import { NotFoundError } from '../errors.ts'
import type { ConsoleMetrics } from '../metrics.ts'
import { authenticate } from './authenticate.ts'
import { consoleRoutes } from './console-routes.ts'
import { assignLogId, errorAnswer } from './envelope.ts'
import { operatorRoutes } from './operator-routes.ts'
import { ownBrokerClusterRoutes } from './own-broker-cluster-routes.ts'
import { ownDelayRoutes } from './own-delay-routes.ts'
import { ownProxyRoutes } from './own-proxy-routes.ts'
import { type OwnRouteOptions, ownRoutes } from './own-routes.ts'
import { pageRoutes } from './page-routes.ts'
import { refuseOtherMethods } from './refuse-other-methods.ts'
import { type SessionDeps, sessionRoutes } from './session-routes.ts'
import { tailRoute } from './tail-route.ts'

const OPERATOR = '/carrera/api/odin/internal'
const CONSOLE = '/carrera/api/console'
const OWN = '/carrera/api/ddmq/v1'

/** What anybody may call. Matched letter for letter; everything else needs credentials. */
const PUBLIC_PATHS: ReadonlySet<string> = new Set([
  `${OPERATOR}/login`,
  `${OPERATOR}/logout`,
  '/sign-in',
  '/sign-out',
  '/style.css',
])

export interface HttpApiDeps {
  readonly app: AppContext
  readonly session: SessionDeps
  readonly registry: Pick<Registry, 'problems'>
  readonly metrics: ConsoleMetrics
  readonly own: OwnRouteOptions
  readonly maxBodyBytes: number
  /** Aborts streams when the console stops. */
  readonly stopping: AbortSignal
}

/** All routes of the console as one handler of requests. */
export function createHttpApi(deps: HttpApiDeps): Express {
  const { app, session, maxBodyBytes: limit } = deps
  const http = express()
  http.disable('x-powered-by').disable('etag')
  http.use(securityHeaders, assignLogId(app.clock), measure(deps.metrics))
  http.use(authenticate(session.identity, PUBLIC_PATHS))
  http.use(express.urlencoded({ extended: false, limit }))
  http.use(express.json({ limit, strict: false, type: () => true }))
  http.use(OPERATOR, [sessionRoutes(session), operatorRoutes(app)].map(refuseOtherMethods))
  http.use(CONSOLE, refuseOtherMethods(consoleRoutes(app)))
  http.use(
    OWN,
    [
      ownRoutes(app, deps.own),
      ownProxyRoutes(app, deps.own.cluster),
      ownBrokerClusterRoutes(app, deps.own),
      ownDelayRoutes(app),
      tailRoute(app, deps.stopping),
    ].map(refuseOtherMethods),
  )
  http.use(
    refuseOtherMethods(
      pageRoutes(app, session, () => [...deps.registry.problems(), ...app.publisher.status.problems]),
    ),
  )
  http.use(request => {
    throw new NotFoundError(`no ${request.method} ${request.path} here`)
  })
  http.use([OPERATOR, CONSOLE], errorAnswer('original', app.log))
  http.use(errorAnswer('own', app.log))
  return http
}

/** The page has no scripts and needs none; nothing of ours may be framed or cached. */
const securityHeaders: RequestHandler = (_request, response, next) => {
  response.setHeader(
    'Content-Security-Policy',
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  )
  response.setHeader('X-Content-Type-Options', 'nosniff')
  response.setHeader('Referrer-Policy', 'no-referrer')
  response.setHeader('Cache-Control', 'no-store')
  next()
}

function measure(metrics: ConsoleMetrics): RequestHandler {
  return (request, response, next) => {
    const end = metrics.requestSeconds.startTimer()
    response.once('close', () => {
      end()
      const result = `${Math.floor(response.statusCode / 100)}xx`
      metrics.requests.inc({ method: methodLabel(request.method), result })
    })
    next()
  }
}

function methodLabel(method: string): string {
  return ['GET', 'POST', 'DELETE'].includes(method) ? method : 'other'
}
