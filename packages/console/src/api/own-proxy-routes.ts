import { Router } from 'express'
import { z } from 'zod'
import type { AppContext } from '../app/context.ts'
import { registerProxy, removeProxy } from '../app/register-proxy.ts'
import { addressOf } from '../core/addresses.ts'
import type { ProxyKind } from '../core/model.ts'
import { answer } from './envelope.ts'
import { paramsOf, parse } from './parse.ts'

const KINDS = { producer: 'pproxy', consumer: 'cproxy' } as const satisfies Record<string, ProxyKind>

const proxyBody = z.strictObject({
  kind: z.enum(['producer', 'consumer']),
  address: z.string().regex(/^(\[[0-9a-fA-F:.]+\]|[^\s:[\]]+):\d{1,5}$/, 'must be host:port'),
})

/** `/proxies`: which proxies the topics and groups of this console's cluster are spread over. */
export function ownProxyRoutes(app: AppContext, cluster: string): Router {
  const router = Router({ caseSensitive: true, strict: true })
  router.get(
    '/proxies',
    answer(async () => {
      const { nodes } = await app.store.inventory()
      return nodes.map(node => ({
        kind: node.kind === 'pproxy' ? 'producer' : 'consumer',
        address: addressOf(node),
        fromConfiguration: node.seeded,
      }))
    }),
  )
  router.post(
    '/proxies',
    answer(async ({ body }) => {
      const proxy = parse(proxyBody, body)
      await registerProxy(app, KINDS[proxy.kind], cluster, proxy.address)
      return proxy
    }),
  )
  router.delete(
    '/proxies',
    answer(async request => {
      const { kind, address } = parse(proxyBody, paramsOf(request))
      await removeProxy(app, KINDS[kind], address)
    }),
  )
  return router
}
