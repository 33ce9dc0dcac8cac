import type { Request, RequestHandler, Response } from 'express'
import type { Identity } from '../app/identity.ts'
import { CrossSiteError } from '../errors.ts'

const SESSION_COOKIE = 'JSESSION_ID'

/**
 * Lets a request pass when it is one of the public paths, letter for letter, or carries credentials. Everything else is
 * refused whatever it looks like: a path parameter or an escaped letter makes a path another one, never a public one.
 */
export function authenticate(identity: Identity, publicPaths: ReadonlySet<string>): RequestHandler {
  return async (request, response, next) => {
    const token = bearerToken(request)
    if (token !== undefined) {
      const holder = await identity.holderOf(token)
      if (holder === undefined) return refuse(request, response)
      response.locals['caller'] = holder
      return next()
    }
    const account = await sessionAccount(identity, request)
    if (account !== undefined) {
      checkSameSite(request)
      response.locals['caller'] = account
      return next()
    }
    if (publicPaths.has(request.path)) {
      if (request.method !== 'GET') checkSameSite(request)
      return next()
    }
    refuse(request, response)
  }
}

function refuse(request: Request, response: Response): void {
  if (request.path === '/' && request.method === 'GET') return response.redirect(303, '/sign-in')
  response.status(401).end()
}

/** A browser says where a request comes from; programs that say nothing have no cookies but their own. */
function checkSameSite(request: Request): void {
  const site = request.get('sec-fetch-site')
  const origin = request.get('origin')
  const same =
    site === undefined
      ? origin === undefined || hostOfOrigin(origin) === request.get('host')
      : site === 'same-origin' || (site === 'none' && request.method === 'GET')
  if (!same) throw new CrossSiteError('the request comes from another site')
}

function hostOfOrigin(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined
}

function bearerToken(request: Request): string | undefined {
  return /^Bearer +(\S+)$/i.exec(request.get('authorization') ?? '')?.[1]
}

async function sessionAccount(identity: Identity, request: Request): Promise<string | undefined> {
  const secret = sessionSecret(request)
  if (secret === undefined) return undefined
  return identity.accountOf(secret)
}

export function sessionSecret(request: Request): string | undefined {
  const cookies = (request.get('cookie') ?? '').split(';').map(cookie => cookie.trim())
  const prefix = `${SESSION_COOKIE}=`
  return cookies.find(cookie => cookie.startsWith(prefix))?.slice(prefix.length)
}

export interface CookieOptions {
  readonly secure: boolean
  readonly maxAgeMs: number
}

export function setSessionCookie(response: Response, secret: string, options: CookieOptions): void {
  response.cookie(SESSION_COOKIE, secret, {
    path: '/',
    httpOnly: true,
    sameSite: 'strict',
    secure: options.secure,
    maxAge: options.maxAgeMs,
  })
}

export function clearSessionCookie(response: Response): void {
  response.clearCookie(SESSION_COOKIE, { path: '/', httpOnly: true, sameSite: 'strict' })
}
