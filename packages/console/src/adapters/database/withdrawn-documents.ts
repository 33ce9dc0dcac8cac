import type { Transaction } from 'kysely'
import { addressOf } from '../../core/addresses.ts'
import type { ProxyKind } from '../../core/model.ts'
import type { TouchedDocument } from '../../core/ports.ts'
import { NODE_TYPE, SEEDED } from './read-inventory.ts'
import type { Tables } from './tables.ts'

/** Documents of deleted groups and broker clusters, and of proxies that are gone for good, whatever became of the names. */
export async function withdrawnDocuments(db: Transaction<Tables>): Promise<readonly TouchedDocument[]> {
  const groups = await db
    .selectFrom('consume_group')
    .select('group_name as name')
    .distinct()
    .where('is_delete', '!=', 0)
    .execute()
  const brokers = await db
    .selectFrom('mq_server')
    .select('name')
    .distinct()
    .where('is_delete', '!=', 0)
    .execute()
  const proxies = await withdrawnNodes(db)
  return [
    ...groups.map(({ name }) => ({ kind: 'group' as const, name })),
    ...proxies.map(({ kind, name }) => ({ kind, name })),
    ...brokers.map(({ name }) => ({ kind: 'broker' as const, name })),
  ]
}

/** A proxy that comes back is not gone for good: what becomes of its document is a question of its new row alone. */
export async function forgetWithdrawal(
  db: Transaction<Tables>,
  node: { readonly kind: ProxyKind; readonly host: string },
): Promise<void> {
  const name = addressOf(node)
  const ids = (await withdrawnNodes(db)).filter(old => old.kind === node.kind && old.name === name)
  for (const { id } of ids) {
    await db.updateTable('node').set({ ddmq_seeded: SEEDED.no }).where('id', '=', id).execute()
  }
}

async function withdrawnNodes(db: Transaction<Tables>) {
  const rows = await db
    .selectFrom('node')
    .select(['id', 'host', 'node_type'])
    .where('is_delete', '!=', 0)
    .where('ddmq_seeded', '=', SEEDED.withdrawn)
    .execute()
  return rows.map(({ id, host, node_type }) => {
    const kind: ProxyKind = node_type === NODE_TYPE.pproxy ? 'pproxy' : 'cproxy'
    return { id, kind, name: addressOf({ host, kind }) }
  })
}
