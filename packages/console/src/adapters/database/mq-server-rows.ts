import type { Transaction } from 'kysely'
import type { Cluster, MqServer, ProxyKind } from '../../core/model.ts'
import type { NewMqServer } from '../../core/ports.ts'
import { newId } from './new-id.ts'
import { RELATION_TYPE } from './read-inventory.ts'
import type { Tables } from './tables.ts'

export interface NewRelation {
  readonly cluster: Pick<Cluster, 'id' | 'name'>
  readonly mqServer: Pick<MqServer, 'id' | 'name'>
  readonly kind: ProxyKind
  readonly proxyConf: object
  readonly createTime: string
}

export async function insertRelation(db: Transaction<Tables>, relation: NewRelation): Promise<void> {
  await db
    .insertInto('cluster_mqserver_relation')
    .values({
      cluster_id: relation.cluster.id,
      cluster_name: relation.cluster.name,
      mq_server_id: relation.mqServer.id,
      mq_server_name: relation.mqServer.name,
      proxy_conf: JSON.stringify(relation.proxyConf),
      type: RELATION_TYPE[relation.kind],
      create_time: relation.createTime,
    })
    .execute()
}

export async function insertMqServer(
  db: Transaction<Tables>,
  { name, addr, type, cluster, templates }: NewMqServer,
  createTime: string,
): Promise<number> {
  const id = await newId(
    db.insertInto('mq_server').values({
      name,
      addr,
      type,
      description: '',
      idc_id: cluster.idcId,
      idc: cluster.idc,
      create_time: createTime,
    }),
  )
  for (const kind of ['cproxy', 'pproxy'] as const) {
    const relation = { cluster, mqServer: { id, name }, kind, proxyConf: templates[kind], createTime }
    await insertRelation(db, relation)
  }
  return id
}

export async function deleteMqServer(db: Transaction<Tables>, id: number): Promise<void> {
  await db
    .updateTable('cluster_mqserver_relation')
    .set({ is_delete: 1 })
    .where('mq_server_id', '=', id)
    .execute()
  await db.updateTable('mq_server').set({ is_delete: 1 }).where('id', '=', id).execute()
}
