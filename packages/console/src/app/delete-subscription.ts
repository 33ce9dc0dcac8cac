import { touchedBy } from '../core/documents/touched.ts'
import { InvalidRequestError } from '../errors.ts'
import type { AppContext } from './context.ts'

/** Deletes one subscription, enabled or not; the group's positions stay in the log (console.md §3.4). */
export async function deleteSubscription(app: AppContext, id: number): Promise<void> {
  await app.changes.run(async store => {
    const inventory = await store.inventory()
    const subscription = inventory.subscriptions.find(candidate => candidate.id === id)
    if (subscription === undefined) throw new InvalidRequestError(`subId<${id}>not found`)
    const group = inventory.groups.find(candidate => candidate.id === subscription.groupId)
    const scope = {
      groups: group === undefined ? [] : [group.name],
      cproxiesOf: [subscription.clusterId],
    }
    await store.write(async rows => {
      await rows.touch(touchedBy(inventory, scope))
      await rows.deleteSubscription(id)
    })
    app.log.info({ group: group?.name, subscriptionId: id }, 'subscription deleted')
  })
}
