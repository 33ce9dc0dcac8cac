import type { Request, Response } from 'express'
import { Router } from 'express'
import type { Identity } from '../app/identity.ts'
import type { ConsoleMetrics } from '../metrics.ts'
import { type CookieOptions, clearSessionCookie, sessionSecret, setSessionCookie } from './authenticate.ts'
import { answer } from './envelope.ts'
import { paramsOf } from './parse.ts'

export interface SessionDeps {
  readonly identity: Identity
  readonly cookie: CookieOptions
  readonly metrics: ConsoleMetrics
}

/** Sign-in and sign-out of the original (console.md §2.3), below `/carrera/api/odin/internal`. */
export function sessionRoutes(deps: SessionDeps): Router {
  const router = Router({ caseSensitive: true, strict: true })
  const login = answer(async (request, response) =>
    (await signIn(deps, request, response)) ? 'success' : 'fail',
  )
  router.get('/login', login)
  router.post('/login', login)
  router.get(
    '/logout',
    answer((request, response) => signOut(deps, request, response)),
  )
  return router
}

/** Reads name and password from the query, a form or a JSON body; they are never logged. */
export async function signIn(deps: SessionDeps, request: Request, response: Response): Promise<boolean> {
  const { username, password } = { ...jsonTexts(request.body), ...paramsOf(request) }
  try {
    const secret = await deps.identity.signIn(username ?? '', password ?? '', request.ip ?? '')
    if (secret === undefined) {
      deps.metrics.signInsRefused.inc()
      return false
    }
    setSessionCookie(response, secret, deps.cookie)
    return true
  } catch (thrown) {
    deps.metrics.signInsRefused.inc()
    throw thrown
  }
}

export async function signOut(deps: SessionDeps, request: Request, response: Response): Promise<void> {
  const secret = sessionSecret(request)
  if (secret !== undefined) await deps.identity.signOut(secret)
  clearSessionCookie(response)
}

function jsonTexts(body: unknown): Record<string, string> {
  if (typeof body !== 'object' || body === null) return {}
  return Object.fromEntries(Object.entries(body).filter(([, value]) => typeof value === 'string'))
}
