import { touchedBy } from '../core/documents/touched.ts'
import { InvalidRequestError } from '../errors.ts'
import type { AppContext } from './context.ts'

/** Deletes a group with its subscriptions, and its document (console.md §3.4, deleteGroup). */
export async function deleteGroup(app: AppContext, id: number, user: string): Promise<void> {
  await app.changes.run(async store => {
    const inventory = await store.inventory()
    const group = inventory.groups.find(candidate => candidate.id === id)
    if (group === undefined) throw new InvalidRequestError(`groupId<${id}>subscription info not exist.`)
    const clusterIds = inventory.subscriptions.filter(sub => sub.groupId === id).map(sub => sub.clusterId)
    await store.write(async rows => {
      await rows.touch(touchedBy(inventory, { groups: [group.name], cproxiesOf: clusterIds }))
      await rows.deleteGroup(id, user)
    })
    app.log.info({ group: group.name, user }, 'group deleted')
  })
}
