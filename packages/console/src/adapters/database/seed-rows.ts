import type { Transaction } from 'kysely'
import { MQ_SERVER_TYPE, type ProxyKind } from '../../core/model.ts'
import type { Seed } from '../../core/ports.ts'
import { newId } from './new-id.ts'
import { RELATION_TYPE } from './read-inventory.ts'
import type { Tables } from './tables.ts'

/** console.md §4, "Seed rows", with the embedded engine as the broker cluster's type. Rows that exist stay as they are. */
export async function seedRows(db: Transaction<Tables>, seed: Seed, createTime: string): Promise<void> {
  const idcId =
    (await idOf(db, 'idc', seed.idc)) ??
    (await newId(db.insertInto('idc').values({ name: seed.idc, create_time: createTime })))
  const place = { idc_id: idcId, idc: seed.idc, create_time: createTime }
  const clusterId =
    (await idOf(db, 'cluster', seed.cluster)) ??
    (await newId(
      db.insertInto('cluster').values({ ...place, name: seed.cluster, description: 'open source' }),
    ))
  const mqServerId =
    (await idOf(db, 'mq_server', seed.brokerCluster)) ??
    (await newId(
      db.insertInto('mq_server').values({
        ...place,
        name: seed.brokerCluster,
        description: 'embedded log',
        addr: 'embedded',
        type: MQ_SERVER_TYPE.embedded,
      }),
    ))
  const ids = { clusterId, mqServerId, createTime }
  await ensureRelation(db, seed, 'cproxy', { ...ids, proxyConf: seed.cproxyTemplate })
  await ensureRelation(db, seed, 'pproxy', { ...ids, proxyConf: seed.pproxyTemplate })
}

type Named = 'idc' | 'cluster' | 'mq_server'

async function idOf(db: Transaction<Tables>, table: Named, name: string): Promise<number | undefined> {
  const row = await db
    .selectFrom(table)
    .select('id')
    .where('name', '=', name)
    .where('is_delete', '=', 0)
    .executeTakeFirst()
  return row?.id
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
