import { InvalidRequestError } from '../errors.ts'
import type { AppContext } from './context.ts'

/** Deletes a group with its subscriptions, and its document (console.md §3.4, deleteGroup). */
export async function deleteGroup(app: AppContext, id: number, user: string): Promise<void> {
  await app.changes.run(async () => {
    const { groups, subscriptions } = await app.store.inventory()
    const group = groups.find(candidate => candidate.id === id)
    if (group === undefined) throw new InvalidRequestError(`groupId<${id}>subscription info not exist.`)
    await app.store.deleteGroup(id, user)
    const clusterIds = subscriptions.filter(sub => sub.groupId === id).map(sub => sub.clusterId)
    await app.publisher.publish({ groups: [group.name], cproxiesOf: [...new Set(clusterIds)] })
    app.log.info({ group: group.name, user }, 'group deleted')
  })
}
