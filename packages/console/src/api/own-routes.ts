import type { Response } from 'express'
import { Router } from 'express'
import { afterStored } from '../app/after-stored.ts'
import type { AppContext } from '../app/context.ts'
import { createGroup } from '../app/create-group.ts'
import { createSubscription } from '../app/create-subscription.ts'
import { createTopic } from '../app/create-topic.ts'
import { deleteGroup } from '../app/delete-group.ts'
import { deleteSubscription } from '../app/delete-subscription.ts'
import { describeTopic, topicSummary } from '../app/describe-topics.ts'
import { findBrokerCluster, findGroup, findSubscription, findTopic } from '../app/find.ts'
import { setSubscriptionState } from '../app/set-subscription-state.ts'
import { setTopicDelay } from '../app/set-topic-delay.ts'
import { readStats } from '../app/stats.ts'
import { createToken, listTokens, revokeToken } from '../app/tokens.ts'
import { addressOf } from '../core/addresses.ts'
import { NO_LIMIT_TPS } from '../core/model.ts'
import { InvalidRequestError } from '../errors.ts'
import { answer } from './envelope.ts'
import {
  newGroupBody,
  newSubscriptionBody,
  newTokenBody,
  newTopicBody,
  ownGroup,
  ownSubscription,
  ownTopic,
  subscriptionNameBody,
  topicDelayBody,
} from './own-bodies.ts'
import { paramsOf, parse } from './parse.ts'
import { ownGroupView, ownSubscriptionView, publicationView } from './views.ts'

export interface OwnRouteOptions {
  readonly version: string
  /** Cluster and broker cluster that new topics go to. */
  readonly cluster: string
  readonly brokerCluster: string
}

/** `/carrera/api/ddmq/v1`: the same use cases by name instead of by id, in JSON. */
export function ownRoutes(app: AppContext, options: OwnRouteOptions): Router {
  const router = Router({ caseSensitive: true, strict: true })
  router.get(
    '/info',
    answer(async () => {
      const { nodes } = await app.store.inventory()
      const addresses = (kind: 'pproxy' | 'cproxy') =>
        nodes.filter(node => node.kind === kind).map(node => addressOf(node))
      return {
        version: options.version,
        brokerCluster: options.brokerCluster,
        producerProxies: addresses('pproxy'),
        consumerProxies: addresses('cproxy'),
      }
    }),
  )
  router.get(
    '/stats',
    answer(() => readStats(app)),
  )
  router.get(
    '/publication',
    answer(() => publicationView(app.publisher.status)),
  )
  topicRoutes(router, app, options)
  groupRoutes(router, app)
  subscriptionRoutes(router, app)
  tokenRoutes(router, app)
  return router
}

function topicRoutes(router: Router, app: AppContext, options: OwnRouteOptions): void {
  router.post(
    '/topics',
    answer(async ({ body }, response) => {
      const wanted = parse(newTopicBody, body)
      const places = await placesOf(app, options, wanted.brokerClusters ?? [options.brokerCluster])
      const confs = places.map(place => ({
        ...place,
        produceTps: wanted.tps ?? NO_LIMIT_TPS,
        msgAvgSize: 1024,
        msgMaxSize: 1024,
        serverIdcId: 0,
        serverIdcName: '',
        clientIdcs: {},
        partitions: wanted.partitions,
      }))
      await createTopic(app, ownTopic(wanted, callerOf(response)), confs, 'oncePerBrokerCluster')
      const inventory = await afterStored(() => app.store.inventory())
      return topicSummary(app, inventory, findTopic(inventory, wanted.topic))
    }),
  )
  router.get(
    '/topics',
    answer(async () => {
      const inventory = await app.store.inventory()
      return Promise.all(inventory.topics.map(topic => topicSummary(app, inventory, topic)))
    }),
  )
  router.get(
    '/topics/:topic',
    answer(({ params }) => describeTopic(app, String(params['topic']))),
  )
  router.put(
    '/topics/:topic/delay',
    answer(async ({ body, params }) => {
      const topic = String(params['topic'])
      await setTopicDelay(app, topic, parse(topicDelayBody, body))
      return afterStored(() => describeTopic(app, topic))
    }),
  )
}

function groupRoutes(router: Router, app: AppContext): void {
  router.post(
    '/groups',
    answer(async ({ body }, response) => {
      const { group } = parse(newGroupBody, body)
      await createGroup(app, ownGroup(group, callerOf(response)))
      return { group, topics: [] }
    }),
  )
  router.get(
    '/groups',
    answer(async () => {
      const inventory = await app.store.inventory()
      return inventory.groups.map(group => ownGroupView(inventory, group))
    }),
  )
  router.delete(
    '/groups/:group',
    answer(async ({ params }, response) => {
      const inventory = await app.store.inventory()
      await deleteGroup(app, findGroup(inventory, String(params['group'])).id, callerOf(response))
    }),
  )
}

function subscriptionRoutes(router: Router, app: AppContext): void {
  router.post(
    '/subscriptions',
    answer(async ({ body }) => {
      const wanted = parse(newSubscriptionBody, body)
      const inventory = await app.store.inventory()
      const ids = {
        groupId: findGroup(inventory, wanted.group).id,
        topicId: findTopic(inventory, wanted.topic).id,
      }
      const created = await createSubscription(app, ownSubscription(wanted, inventory, ids))
      if (wanted.enabled) await enableOrDelete(app, created)
      return afterStored(() => shownSubscription(app, wanted.group, wanted.topic))
    }),
  )
  for (const [path, enabled] of [
    ['/subscriptions/enable', true],
    ['/subscriptions/disable', false],
  ] as const) {
    router.post(
      path,
      answer(async ({ body }) => {
        const { group, topic } = parse(subscriptionNameBody, body)
        const subscription = findSubscription(await app.store.inventory(), group, topic)
        if (subscription.enabled === enabled) return shownSubscription(app, group, topic)
        await setSubscriptionState(app, subscription.id, enabled)
        return afterStored(() => shownSubscription(app, group, topic))
      }),
    )
  }
  router.get(
    '/subscriptions',
    answer(async () => {
      const inventory = await app.store.inventory()
      return inventory.subscriptions.map(subscription => ownSubscriptionView(inventory, subscription))
    }),
  )
  router.delete(
    '/subscriptions',
    answer(async request => {
      const { group, topic } = parse(subscriptionNameBody, paramsOf(request))
      await deleteSubscription(app, findSubscription(await app.store.inventory(), group, topic).id)
    }),
  )
}

function tokenRoutes(router: Router, app: AppContext): void {
  router.post(
    '/tokens',
    answer(({ body }) => createToken(app, parse(newTokenBody, body).name)),
  )
  router.get(
    '/tokens',
    answer(() => listTokens(app)),
  )
  router.delete(
    '/tokens/:name',
    answer(({ params }) => revokeToken(app, String(params['name']))),
  )
}

/** What cannot be enabled is not left behind, so that the caller can mend the request and send it again. */
async function enableOrDelete(app: AppContext, ids: readonly number[]): Promise<void> {
  try {
    for (const id of ids) await setSubscriptionState(app, id, true)
  } catch (thrown) {
    for (const id of ids) await deleteSubscription(app, id)
    throw thrown
  }
}

async function shownSubscription(app: AppContext, group: string, topic: string) {
  const inventory = await app.store.inventory()
  return ownSubscriptionView(inventory, findSubscription(inventory, group, topic))
}

async function placesOf(app: AppContext, options: OwnRouteOptions, brokerClusters: readonly string[]) {
  const inventory = await app.store.inventory()
  const cluster = inventory.clusters.find(candidate => candidate.name === options.cluster)
  if (cluster === undefined) throw new InvalidRequestError(`cluster ${options.cluster} does not exist`)
  return brokerClusters.map(name => ({
    clusterId: cluster.id,
    mqServerId: findBrokerCluster(inventory, name).id,
  }))
}

function callerOf(response: Response): string {
  return String(response.locals['caller'])
}
