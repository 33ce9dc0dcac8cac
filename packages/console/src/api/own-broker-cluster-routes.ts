import { Router } from 'express'
import { z } from 'zod'
import {
  createBrokerCluster,
  deleteBrokerCluster,
  listBrokerClusters,
  moveBrokerCluster,
} from '../app/broker-clusters.ts'
import type { AppContext } from '../app/context.ts'
import { describeTopic } from '../app/describe-topics.ts'
import { addToBrokerCluster, removeFromBrokerCluster } from '../app/topic-clusters.ts'
import { InvalidRequestError } from '../errors.ts'
import { answer } from './envelope.ts'
import type { OwnRouteOptions } from './own-routes.ts'
import { paramsOf, parse } from './parse.ts'

const newBrokerClusterBody = z.strictObject({
  name: z.string(),
  engine: z.enum(['kafka', 'embedded']).default('kafka'),
  bootstrapServers: z.array(z.string()).default([]),
})
const moveBody = z.strictObject({ bootstrapServers: z.array(z.string()) })
const placeBody = z.strictObject({
  brokerCluster: z.string(),
  partitions: z.int().min(1).max(1024).optional(),
})
const removalBody = z.object({ force: z.enum(['true', 'false']).default('false') })

/** `/broker-clusters`, and which of them a topic is in. */
export function ownBrokerClusterRoutes(app: AppContext, options: OwnRouteOptions): Router {
  const router = Router({ caseSensitive: true, strict: true })
  router.get(
    '/broker-clusters',
    answer(() => listBrokerClusters(app)),
  )
  router.post(
    '/broker-clusters',
    answer(({ body }) => createBrokerCluster(app, parse(newBrokerClusterBody, body), options.cluster)),
  )
  router.put(
    '/broker-clusters/:name',
    answer(({ body, params }) =>
      moveBrokerCluster(app, String(params['name']), parse(moveBody, body).bootstrapServers),
    ),
  )
  router.delete(
    '/broker-clusters/:name',
    answer(async ({ params }) => {
      const name = String(params['name'])
      if (name === options.brokerCluster) {
        throw new InvalidRequestError(`broker cluster ${name} is the one of the console's configuration`)
      }
      await deleteBrokerCluster(app, name)
    }),
  )
  router.post(
    '/topics/:topic/broker-clusters',
    answer(async ({ body, params }) => {
      const topic = String(params['topic'])
      const { brokerCluster, partitions } = parse(placeBody, body)
      await addToBrokerCluster(app, { topic, brokerCluster, partitions })
      return describeTopic(app, topic)
    }),
  )
  router.delete(
    '/topics/:topic/broker-clusters/:name',
    answer(async request => {
      const topic = String(request.params['topic'])
      const force = parse(removalBody, paramsOf(request)).force === 'true'
      await removeFromBrokerCluster(app, { topic, brokerCluster: String(request.params['name']), force })
      return describeTopic(app, topic)
    }),
  )
  return router
}
