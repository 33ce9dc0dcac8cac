import type { Request } from 'express'
import { Router } from 'express'
import type { AppContext } from '../app/context.ts'
import { createGroup } from '../app/create-group.ts'
import { queueProgress } from '../app/queue-progress.ts'
import { resetOffset } from '../app/reset-offset.ts'
import { setGroupState, setSubscriptionState } from '../app/set-subscription-state.ts'
import type { Group } from '../core/model.ts'
import { pageOf } from '../core/paging.ts'
import { InvalidRequestError } from '../errors.ts'
import { groupBody, toNewGroup } from './bodies.ts'
import { answer } from './envelope.ts'
import { refuseModify } from './modify.ts'
import { filled, lenientObject, numberIn, paramsOf, parse, wholeNumber } from './parse.ts'
import { groupView, subscriptionView, topicView } from './views.ts'

const userParams = lenientObject({ user: filled })
const listParams = lenientObject({
  user: filled,
  text: filled.optional(),
  clusterId: wholeNumber.default(0),
  groupId: wholeNumber.default(0),
  state: wholeNumber.optional(),
  curPage: wholeNumber,
  pageSize: numberIn(1, 1000),
})
const topicParams = lenientObject({ user: filled, topicId: wholeNumber })
const groupStateParams = lenientObject({ user: filled, groupId: wholeNumber, state: numberIn(0, 1) })
const subStateParams = lenientObject({ user: filled, subId: wholeNumber, state: numberIn(0, 1) })
const subParams = lenientObject({
  user: filled,
  groupId: wholeNumber,
  topicId: wholeNumber,
  clusterId: wholeNumber,
})
const progressParams = lenientObject({
  user: filled,
  groupId: wholeNumber,
  topicId: wholeNumber.default(0),
  clusterId: wholeNumber.default(0),
})
const resetParams = lenientObject({
  user: filled,
  groupId: wholeNumber,
  topicId: wholeNumber,
  clusterId: wholeNumber,
  resetType: numberIn(1, 3),
  resetTime: filled.optional(),
  qid: filled.optional(),
  offset: numberIn(0).optional(),
})

/** `/carrera/api/console` (console.md §3.1–3.3); every route takes GET and POST. */
export function consoleRoutes(app: AppContext): Router {
  const router = Router({ caseSensitive: true, strict: true })
  const route = (path: string, call: (request: Request) => unknown) => {
    router.get(path, answer(call))
    router.post(path, answer(call))
  }
  topicRoutes(route, app)
  groupRoutes(route, app)
  subscriptionRoutes(route, app)
  router.post(
    '/group/create',
    answer(async ({ body }) => {
      const group = parse(groupBody, body)
      refuseModify('groupId', group.groupId)
      await createGroup(app, toNewGroup(group))
    }),
  )
  return router
}

type Route = (path: string, call: (request: Request) => unknown) => void

function topicRoutes(route: Route, app: AppContext): void {
  route('/topic/listAll', async request => {
    const { text = '', clusterId, curPage, pageSize } = parse(listParams, paramsOf(request))
    const inventory = await app.store.inventory()
    const topics = newestFirst(inventory.topics).filter(
      topic =>
        (topic.name.includes(text) || topic.owners.includes(text)) &&
        inventory.confs.some(
          conf => conf.topicId === topic.id && (clusterId === 0 || conf.clusterId === clusterId),
        ),
    )
    const page = pageOf(topics, curPage, pageSize)
    return { ...page, list: page.list.map(topic => topicView(inventory, topic)) }
  })
  route('/topic/listAllWithoutPage', async request => {
    parse(userParams, paramsOf(request))
    const { topics } = await app.store.inventory()
    return newestFirst(topics).map(topic => ({ topicId: topic.id, topicName: topic.name }))
  })
  route('/topic/findById', async request => {
    const { topicId } = parse(topicParams, paramsOf(request))
    const inventory = await app.store.inventory()
    const topic = inventory.topics.find(candidate => candidate.id === topicId)
    return topic === undefined ? null : topicView(inventory, topic)
  })
}

function groupRoutes(route: Route, app: AppContext): void {
  route('/group/listAll', async request => {
    const { text = '', curPage, pageSize } = parse(listParams, paramsOf(request))
    const inventory = await app.store.inventory()
    const groups = newestFirst(inventory.groups).filter(
      group => group.name.includes(text) || group.owners.includes(text) || group.department.includes(text),
    )
    const page = pageOf(groups, curPage, pageSize)
    return { ...page, list: page.list.map(group => groupView(inventory, group)) }
  })
  route('/group/listAllWithoutPage', async request => {
    parse(userParams, paramsOf(request))
    const inventory = await app.store.inventory()
    return newestFirst(inventory.groups).map(group => groupView(inventory, group))
  })
  route('/group/changeState', async request => {
    const { user, groupId, state } = parse(groupStateParams, paramsOf(request))
    await checkOwner(app, user, groupId)
    await setGroupState(app, groupId, state === 0)
  })
  route('/group/consumeState', request => consumeState(app, request))
  route('/group/resetOffset', async request => {
    const params = parse(resetParams, paramsOf(request))
    await checkOwner(app, params.user, params.groupId)
    await resetOffset(app, { ...params, to: resetTarget(params) })
  })
}

function subscriptionRoutes(route: Route, app: AppContext): void {
  route('/sub/list', async request => {
    const params = parse(listParams, paramsOf(request))
    const { text = '', clusterId, groupId, state } = params
    const inventory = await app.store.inventory()
    const views = newestFirst(inventory.subscriptions)
      .map(subscription => subscriptionView(inventory, subscription))
      .filter(
        view =>
          [view.groupName, view.topicName, view.clusterName].some(name => name?.includes(text)) &&
          (clusterId === 0 || view.clusterId === clusterId) &&
          (groupId === 0 || view.groupId === groupId) &&
          (state === undefined || view.state === state),
      )
    return pageOf(views, params.curPage, params.pageSize)
  })
  route('/sub/findById', async request => {
    const { groupId, topicId, clusterId } = parse(subParams, paramsOf(request))
    const inventory = await app.store.inventory()
    const found = inventory.subscriptions.find(
      sub => sub.groupId === groupId && sub.topicId === topicId && sub.clusterId === clusterId,
    )
    if (found === undefined) throw new InvalidRequestError('subscription info not found')
    return subscriptionView(inventory, found)
  })
  route('/sub/changeState', async request => {
    const { user, subId, state } = parse(subStateParams, paramsOf(request))
    const { subscriptions } = await app.store.inventory()
    const subscription = subscriptions.find(candidate => candidate.id === subId)
    if (subscription !== undefined) await checkOwner(app, user, subscription.groupId)
    await setSubscriptionState(app, subId, state === 0)
  })
}

/** Progress per queue of all topics of a group, or of one (console.md §7.2). */
async function consumeState(app: AppContext, request: Request): Promise<unknown> {
  const { groupId, topicId, clusterId } = parse(progressParams, paramsOf(request))
  const inventory = await app.store.inventory()
  const subscriptions = inventory.subscriptions.filter(
    sub =>
      sub.groupId === groupId &&
      (topicId === 0 || sub.topicId === topicId) &&
      (clusterId === 0 || sub.clusterId === clusterId),
  )
  if (subscriptions.length === 0) throw new InvalidRequestError('subscription info not found')
  const rows = []
  for (const sub of subscriptions) {
    const clusterName = inventory.clusters.find(cluster => cluster.id === sub.clusterId)?.name
    for (const progress of await queueProgress(app, inventory, sub)) {
      rows.push({
        clusterId: sub.clusterId,
        clusterName,
        consumeOffset: progress.consumeOffset,
        groupId,
        lag: progress.lag,
        maxOffset: progress.maxOffset,
        minOffset: progress.minOffset,
        qid: progress.qid,
        topicId: sub.topicId,
        topicName: progress.topic,
      })
    }
  }
  return rows
}

function resetTarget(params: ReturnType<typeof resetParams.parse>) {
  if (params.resetType === 1) return { kind: 'latest' } as const
  if (params.resetType === 2) {
    const timeMs = Date.parse((params.resetTime ?? '').replace(' ', 'T'))
    if (Number.isNaN(timeMs)) throw new InvalidRequestError('resetTime: must be yyyy-MM-dd HH:mm:ss')
    return { kind: 'time', timeMs } as const
  }
  const { qid, offset } = params
  if (qid === undefined || offset === undefined) {
    throw new InvalidRequestError('qid, offset: both are required to set one queue')
  }
  return { kind: 'offset', qid, offset } as const
}

/** Owners are compared whole (console.md §2.3 lists what comparing parts allowed). */
async function checkOwner(app: AppContext, user: string, groupId: number): Promise<void> {
  const { groups } = await app.store.inventory()
  const group = groups.find(candidate => candidate.id === groupId)
  if (group !== undefined && ownersOf(group).includes(user.toLowerCase())) return
  throw new InvalidRequestError(`${user}not authorized`)
}

function ownersOf(group: Group): readonly string[] {
  return group.owners.toLowerCase().split(';')
}

function newestFirst<Row extends { readonly id: number; readonly createTime: string }>(
  rows: readonly Row[],
): readonly Row[] {
  return rows.toSorted((a, b) => b.createTime.localeCompare(a.createTime) || b.id - a.id)
}
