import { Router } from 'express'
import type { AppContext } from '../app/context.ts'
import { createSubscription } from '../app/create-subscription.ts'
import { createTopic } from '../app/create-topic.ts'
import { deleteGroup } from '../app/delete-group.ts'
import { deleteSubscription } from '../app/delete-subscription.ts'
import { addProxy, removeProxy } from '../app/register-proxy.ts'
import type { ProxyKind } from '../core/model.ts'
import { subscriptionBody, toConfs, toNewTopic, topicBody, toSubscription } from './bodies.ts'
import { answer } from './envelope.ts'
import { refuseModify } from './modify.ts'
import { filled, lenientObject, paramsOf, parse, wholeNumber } from './parse.ts'

const groupParams = lenientObject({ user: filled, groupId: wholeNumber })
const subParams = lenientObject({ user: filled, subId: wholeNumber })
const addParams = lenientObject({ cluster: filled.default('ddmq'), host: filled })
const hostParams = lenientObject({ host: filled })

/** `/carrera/api/odin/internal` (console.md §3.4). */
export function operatorRoutes(app: AppContext): Router {
  const router = Router({ caseSensitive: true, strict: true })
  router.post(
    '/createTopic',
    answer(async ({ body }) => {
      const topic = parse(topicBody, body)
      refuseModify('topicId', topic.topicId)
      await createTopic(app, toNewTopic(topic), toConfs(topic))
    }),
  )
  router.post(
    '/createSub',
    answer(async ({ body }) => {
      const subscription = parse(subscriptionBody, body)
      refuseModify('subId', subscription.subId)
      await createSubscription(app, toSubscription(subscription))
    }),
  )
  router.get(
    '/deleteGroup',
    answer(request => {
      const { user, groupId } = parse(groupParams, paramsOf(request))
      return deleteGroup(app, groupId, user)
    }),
  )
  router.get(
    '/deleteSub',
    answer(request => deleteSubscription(app, parse(subParams, paramsOf(request)).subId)),
  )
  router.get(
    '/v4/initZkPath',
    answer(() => app.publisher.createContainers()),
  )
  router.get(
    '/v4/initAllZk',
    answer(() => app.publisher.reconcile()),
  )
  proxyRoutes(router, app, 'PProxy', 'pproxy')
  proxyRoutes(router, app, 'CProxy', 'cproxy')
  return router
}

function proxyRoutes(router: Router, app: AppContext, word: string, kind: ProxyKind): void {
  router.get(
    `/v4/add${word}`,
    answer(request => {
      const { cluster, host } = parse(addParams, paramsOf(request))
      return addProxy(app, kind, cluster, host)
    }),
  )
  router.get(
    `/v4/remove${word}`,
    answer(request => removeProxy(app, kind, parse(hostParams, paramsOf(request)).host)),
  )
}
