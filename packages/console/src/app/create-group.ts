import { groupNameProblems } from '../core/group-rules.ts'
import type { NewGroup } from '../core/model.ts'
import { refuse } from '../core/problem.ts'
import { InvalidRequestError } from '../errors.ts'
import type { AppContext } from './context.ts'

/** Stores a group. Nothing is published: a group without subscriptions has no node (console.md §5.2). */
export async function createGroup(app: AppContext, group: NewGroup): Promise<void> {
  await app.changes.run(async store => {
    refuse(groupNameProblems(group.name))
    const { groups } = await store.inventory()
    if (groups.some(existing => existing.name === group.name)) {
      throw new InvalidRequestError('consumer group already exist.')
    }
    await store.write(rows => rows.insertGroup(group))
    app.log.info({ group: group.name }, 'group created')
  })
}
