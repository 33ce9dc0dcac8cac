import { InvalidRequestError } from '../errors.ts'
import type { AppContext } from './context.ts'

/** Deletes one subscription, enabled or not; the group's positions stay in the log (console.md §3.4). */
export async function deleteSubscription(app: AppContext, id: number): Promise<void> {
  await app.changes.run(async () => {
    const inventory = await app.store.inventory()
    const subscription = inventory.subscriptions.find(candidate => candidate.id === id)
    if (subscription === undefined) throw new InvalidRequestError(`subId<${id}>not found`)
    const group = inventory.groups.find(candidate => candidate.id === subscription.groupId)
    await app.store.deleteSubscription(id)
    await app.publisher.publish({
      groups: group === undefined ? [] : [group.name],
      cproxiesOf: [subscription.clusterId],
    })
    app.log.info({ group: group?.name, subscriptionId: id }, 'subscription deleted')
  })
}
