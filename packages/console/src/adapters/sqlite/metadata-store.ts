import type { Kysely, Transaction } from 'kysely'
import type {
  Inventory,
  NewGroup,
  NewSubscription,
  NewTopic,
  NewTopicConf,
  ProxyKind,
} from '../../core/model.ts'
import type { MetadataStore, Seed } from '../../core/ports.ts'
import { NODE_TYPE, readInventory } from './read-inventory.ts'
import { groupRow, subscriptionConfig, subscriptionRow, topicConfRow, topicRow } from './rows.ts'
import { seedRows } from './seed-rows.ts'
import type { Tables } from './tables.ts'

type SoftDeleted = 'topic' | 'node' | 'consume_group' | 'consume_subscription'

/** The metadata in the original tables. `now` answers a `yyyy-MM-dd HH:mm:ss` text. */
export class SqliteMetadataStore implements MetadataStore {
  readonly #db: Kysely<Tables>
  readonly #now: () => string

  constructor(db: Kysely<Tables>, now: () => string) {
    this.#db = db
    this.#now = now
  }

  inventory(): Promise<Inventory> {
    return this.#db.transaction().execute(readInventory)
  }

  async deletedGroupNames(): Promise<readonly string[]> {
    const rows = await this.#db
      .selectFrom('consume_group')
      .select('group_name')
      .distinct()
      .where('is_delete', '!=', 0)
      .execute()
    return rows.map(row => row.group_name)
  }

  async topicNameTaken(name: string): Promise<boolean> {
    const row = await this.#db
      .selectFrom('topic')
      .select('id')
      .where('topic_name', '=', name)
      .executeTakeFirst()
    return row !== undefined
  }

  insertTopic(topic: NewTopic, confs: readonly NewTopicConf[]): Promise<number> {
    return this.#db.transaction().execute(async db => {
      const inventory = await readInventory(db)
      const createTime = this.#now()
      const { id } = await db
        .insertInto('topic')
        .values({ ...topicRow(topic), create_time: createTime })
        .returning('id')
        .executeTakeFirstOrThrow()
      for (const conf of confs) {
        const row = topicConfRow(inventory, { id, name: topic.name }, conf)
        await db
          .insertInto('topic_conf')
          .values({ ...row, create_time: createTime })
          .execute()
      }
      return id
    })
  }

  async insertGroup(group: NewGroup): Promise<number> {
    const { id } = await this.#db
      .insertInto('consume_group')
      .values({ ...groupRow(group), create_time: this.#now() })
      .returning('id')
      .executeTakeFirstOrThrow()
    return id
  }

  insertSubscriptions(subscriptions: readonly NewSubscription[]): Promise<readonly number[]> {
    return this.#db.transaction().execute(async db => {
      const inventory = await readInventory(db)
      const ids: number[] = []
      for (const subscription of subscriptions) {
        const { id } = await db
          .insertInto('consume_subscription')
          .values({ ...subscriptionRow(inventory, subscription), create_time: this.#now() })
          .returning('id')
          .executeTakeFirstOrThrow()
        ids.push(id)
      }
      return ids
    })
  }

  async setSubscriptionEnabled(id: number, enabled: boolean): Promise<void> {
    await this.#db.transaction().execute(async db => {
      const row = await db
        .selectFrom('consume_subscription')
        .select('config')
        .where('id', '=', id)
        .executeTakeFirstOrThrow()
      const config = enabled ? subscriptionConfig(row.config, { needResetOffset: false }) : row.config
      await db
        .updateTable('consume_subscription')
        .set({ state: enabled ? 0 : 1, config })
        .where('id', '=', id)
        .execute()
    })
  }

  async deleteSubscription(id: number): Promise<void> {
    await this.#db.transaction().execute(db => softDelete(db, 'consume_subscription', id))
  }

  async deleteGroup(id: number, user: string): Promise<void> {
    await this.#db.transaction().execute(async db => {
      const rows = await db
        .selectFrom('consume_subscription')
        .select('id')
        .where('group_id', '=', id)
        .where('is_delete', '=', 0)
        .execute()
      for (const row of rows) {
        await db.updateTable('consume_subscription').set({ remark: user }).where('id', '=', row.id).execute()
        await softDelete(db, 'consume_subscription', row.id)
      }
      await db.updateTable('consume_group').set({ remark: user }).where('id', '=', id).execute()
      await softDelete(db, 'consume_group', id)
    })
  }

  async insertNode(node: {
    clusterId: number
    host: string
    kind: ProxyKind
    seeded: boolean
  }): Promise<number> {
    const { id } = await this.#db
      .insertInto('node')
      .values({
        cluster_id: node.clusterId,
        model_id: 1,
        host: node.host,
        node_type: NODE_TYPE[node.kind],
        ddmq_seeded: node.seeded ? 1 : 0,
        create_time: this.#now(),
      })
      .returning('id')
      .executeTakeFirstOrThrow()
    return id
  }

  async deleteNode(id: number): Promise<void> {
    await this.#db.transaction().execute(db => softDelete(db, 'node', id))
  }

  async seed(seed: Seed): Promise<void> {
    await this.#db.transaction().execute(db => seedRows(db, seed, this.#now()))
  }
}

async function softDelete(db: Transaction<Tables>, table: SoftDeleted, id: number): Promise<void> {
  await db.updateTable(table).set({ is_delete: id }).where('id', '=', id).execute()
}
