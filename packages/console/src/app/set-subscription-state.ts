import { touchedBy } from '../core/documents/touched.ts'
import type { Inventory, Subscription } from '../core/model.ts'
import type { MetadataStore } from '../core/ports.ts'
import { refuse } from '../core/problem.ts'
import { mixingProblem } from '../core/subscription-rules.ts'
import { InvalidRequestError } from '../errors.ts'
import type { AppContext } from './context.ts'
import { logsOfTopic } from './find.ts'
import { setStart } from './set-start.ts'

/**
 * Enables or disables one subscription (console.md §6.3). When it returns, the group's document and those of the
 * cluster's consumer proxies say so, and a subscription enabled for the first time has its start positions stored.
 */
export async function setSubscriptionState(app: AppContext, id: number, enabled: boolean): Promise<void> {
  await app.changes.run(async store => {
    const inventory = await store.inventory()
    const subscription = inventory.subscriptions.find(candidate => candidate.id === id)
    if (subscription === undefined) throw new InvalidRequestError(`subscription<${id}>not found`)
    if (subscription.enabled === enabled) {
      throw new InvalidRequestError(`subscription<${id}>is ${enabled ? 'enable' : 'disable'} state`)
    }
    await changeState({ app, store, inventory }, subscription, enabled)
  })
}

/** All subscriptions of a group, or none: those in the state already stay as they are (console.md §3.2, changeState). */
export async function setGroupState(app: AppContext, groupId: number, enabled: boolean): Promise<void> {
  await app.changes.run(async store => {
    const { subscriptions } = await store.inventory()
    const ids = subscriptions.filter(sub => sub.groupId === groupId).map(sub => sub.id)
    if (ids.length === 0) throw new InvalidRequestError('not subscription info found')
    for (const id of ids) {
      const inventory = await store.inventory()
      const subscription = inventory.subscriptions.find(sub => sub.id === id)
      if (subscription === undefined || subscription.enabled === enabled) continue
      await changeState({ app, store, inventory }, subscription, enabled)
    }
  })
}

interface Change {
  readonly app: AppContext
  readonly store: MetadataStore
  readonly inventory: Inventory
}

async function changeState(
  { app, store, inventory }: Change,
  subscription: Subscription,
  enabled: boolean,
): Promise<void> {
  const group = inventory.groups.find(candidate => candidate.id === subscription.groupId)
  const topic = inventory.topics.find(candidate => candidate.id === subscription.topicId)
  if (group === undefined || topic === undefined) {
    throw new InvalidRequestError(`subscription<${subscription.id}>has no group or topic any more`)
  }
  if (enabled) {
    const problem = mixingProblem(inventory, subscription)
    refuse(problem === undefined ? [] : [problem])
    if (subscription.needsStart) {
      const logs = logsOfTopic(app.clusters, inventory, topic.id, subscription.clusterId)
      for (const log of logs) await setStart(log.admin, group.name, topic.name, subscription.startFrom)
    }
  }
  const scope = { groups: [group.name], cproxiesOf: [subscription.clusterId] }
  await store.write(async rows => {
    await rows.touch(touchedBy(inventory, scope))
    await rows.setSubscriptionEnabled(subscription.id, enabled)
  })
  app.log.info({ group: group.name, topic: topic.name, enabled }, 'subscription state changed')
}
