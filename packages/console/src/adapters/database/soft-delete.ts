import type { Transaction } from 'kysely'
import type { Tables } from './tables.ts'

/** The original's `is_delete` is a `tinyint`. */
const MOST = 127

/**
 * What `is_delete` of a group becomes, so that its name is free again: the unique index covers the name and this number,
 * so each deleted group of one name needs another one. When all are used the oldest deleted group of the name gives way.
 */
export async function deletedNumber(db: Transaction<Tables>, groupId: number): Promise<number> {
  const { group_name } = await db
    .selectFrom('consume_group')
    .select('group_name')
    .where('id', '=', groupId)
    .executeTakeFirstOrThrow()
  const deleted = await db
    .selectFrom('consume_group')
    .select(['id', 'is_delete'])
    .where('group_name', '=', group_name)
    .where('is_delete', '!=', 0)
    .orderBy('id')
    .execute()
  const taken = new Set(deleted.map(row => row.is_delete))
  for (let number = 1; number <= MOST; number++) if (!taken.has(number)) return number
  const oldest = deleted.find(row => row.is_delete > 0 && row.is_delete <= MOST)
  if (oldest === undefined) return MOST
  await db.deleteFrom('consume_group').where('id', '=', oldest.id).execute()
  return oldest.is_delete
}
