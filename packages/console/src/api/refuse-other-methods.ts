import type { Router } from 'express'
import { MethodNotAllowedError } from '../errors.ts'

/**
 * Adds to a router with all its routes that a known path with another method is 405 instead of unknown. HEAD goes with
 * GET, and OPTIONS is left to Express, which answers it with the same methods.
 */
export function refuseOtherMethods(router: Router): Router {
  for (const [path, methods] of methodsByPath(router)) {
    const allowed = [...methods].join(', ')
    router.all(path, (request, response, next) => {
      if (request.method === 'OPTIONS') return next()
      response.setHeader('Allow', allowed)
      throw new MethodNotAllowedError(`${request.baseUrl}${request.path} takes ${allowed}`)
    })
  }
  return router
}

function methodsByPath(router: Router): ReadonlyMap<string, ReadonlySet<string>> {
  const methods = new Map<string, Set<string>>()
  for (const { route } of router.stack) {
    if (route === undefined) continue
    const known = methods.get(route.path) ?? new Set()
    for (const { method } of route.stack) known.add(method.toUpperCase())
    methods.set(route.path, known)
  }
  return methods
}
