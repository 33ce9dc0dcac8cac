import type { Transaction } from 'kysely'
import { MQ_SERVER_TYPE, type ProxyKind } from '../../core/model.ts'
import type { Seed } from '../../core/ports.ts'
import { RELATION_TYPE } from './read-inventory.ts'
import type { Tables } from './tables.ts'

/** console.md §4, "Seed rows", with the embedded engine as the broker cluster's type. Rows that exist stay as they are. */
export async function seedRows(db: Transaction<Tables>, seed: Seed, createTime: string): Promise<void> {
  const idcId = await ensureNamed(db, 'idc', seed.idc, { create_time: createTime })
  const idc = { idc_id: idcId, idc: seed.idc, create_time: createTime }
  const clusterId = await ensureNamed(db, 'cluster', seed.cluster, { ...idc, description: 'open source' })
  const mqServerId = await ensureNamed(db, 'mq_server', seed.brokerCluster, {
    ...idc,
    description: 'embedded log',
    addr: 'embedded',
    type: MQ_SERVER_TYPE.embedded,
  })
  const ids = { clusterId, mqServerId, createTime }
  await ensureRelation(db, seed, 'cproxy', { ...ids, proxyConf: seed.cproxyTemplate })
  await ensureRelation(db, seed, 'pproxy', { ...ids, proxyConf: seed.pproxyTemplate })
}

async function ensureNamed(
  db: Transaction<Tables>,
  table: 'idc' | 'cluster' | 'mq_server',
  name: string,
  values: Readonly<Record<string, string | number>>,
): Promise<number> {
  const found = await db
    .selectFrom(table)
    .select('id')
    .where('name', '=', name)
    .where('is_delete', '=', 0)
    .executeTakeFirst()
  if (found !== undefined) return found.id
  const row = { name, ...values, create_time: String(values['create_time']) }
  // The three tables share these columns; the values of the others are checked by their NOT NULL defaults.
  const { id } = await db
    .insertInto(table)
    .values(row as never)
    .returning('id')
    .executeTakeFirstOrThrow()
  return id
}

async function ensureRelation(
  db: Transaction<Tables>,
  seed: Seed,
  kind: ProxyKind,
  row: { clusterId: number; mqServerId: number; createTime: string; proxyConf: object },
): Promise<void> {
  const found = await db
    .selectFrom('cluster_mqserver_relation')
    .select('id')
    .where('cluster_id', '=', row.clusterId)
    .where('mq_server_id', '=', row.mqServerId)
    .where('type', '=', RELATION_TYPE[kind])
    .where('is_delete', '=', 0)
    .executeTakeFirst()
  if (found !== undefined) return
  await db
    .insertInto('cluster_mqserver_relation')
    .values({
      cluster_id: row.clusterId,
      cluster_name: seed.cluster,
      mq_server_id: row.mqServerId,
      mq_server_name: seed.brokerCluster,
      proxy_conf: JSON.stringify(row.proxyConf),
      type: RELATION_TYPE[kind],
      create_time: row.createTime,
    })
    .execute()
}
