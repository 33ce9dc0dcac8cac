import type { Transaction } from 'kysely'
import { MQ_SERVER_TYPE } from '../../core/model.ts'
import type { Seed } from '../../core/ports.ts'
import { insertRelation, type NewRelation } from './mq-server-rows.ts'
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
    (await idOf(db, 'mq_server', seed.brokerCluster.name)) ??
    (await newId(
      db.insertInto('mq_server').values({
        ...place,
        ...seed.brokerCluster,
        description: seed.brokerCluster.type === MQ_SERVER_TYPE.embedded ? 'embedded log' : '',
      }),
    ))
  const ends = {
    cluster: { id: clusterId, name: seed.cluster },
    mqServer: { id: mqServerId, name: seed.brokerCluster.name },
  }
  await ensureRelation(db, { ...ends, createTime, kind: 'cproxy', proxyConf: seed.cproxyTemplate })
  await ensureRelation(db, { ...ends, createTime, kind: 'pproxy', proxyConf: seed.pproxyTemplate })
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

async function ensureRelation(db: Transaction<Tables>, relation: NewRelation): Promise<void> {
  const found = await db
    .selectFrom('cluster_mqserver_relation')
    .select('id')
    .where('cluster_id', '=', relation.cluster.id)
    .where('mq_server_id', '=', relation.mqServer.id)
    .where('type', '=', RELATION_TYPE[relation.kind])
    .where('is_delete', '=', 0)
    .executeTakeFirst()
  if (found === undefined) await insertRelation(db, relation)
}
