import type { DelaySettings } from '@ddmq/common/registry'
import type { Transaction } from 'kysely'
import type {
  Inventory,
  NewGroup,
  NewSubscription,
  NewTopic,
  NewTopicConf,
  ProxyKind,
  Topic,
} from '../../core/model.ts'
import type { MetadataWriter, NewMqServer, Seed, TouchedDocument } from '../../core/ports.ts'
import { dateTime } from './columns.ts'
import { deleteMqServer, insertMqServer } from './mq-server-rows.ts'
import { newId } from './new-id.ts'
import { insertMarks } from './publication-marks.ts'
import { NODE_TYPE, readInventory, SEEDED } from './read-inventory.ts'
import { groupRow, subscriptionConfig, subscriptionRow, topicConfig, topicConfRow, topicRow } from './rows.ts'
import { seedRows } from './seed-rows.ts'
import { deletedNumber } from './soft-delete.ts'
import type { Tables } from './tables.ts'
import { forgetWithdrawal } from './withdrawn-documents.ts'

/** Writes the rows of one transaction. */
export class RowWriter implements MetadataWriter {
  readonly #db: Transaction<Tables>
  readonly #nowMs: number
  readonly #createTime: string

  constructor(db: Transaction<Tables>, nowMs: number) {
    this.#db = db
    this.#nowMs = nowMs
    this.#createTime = dateTime(nowMs)
  }

  inventory(): Promise<Inventory> {
    return readInventory(this.#db)
  }

  async insertTopic(topic: NewTopic, confs: readonly NewTopicConf[]): Promise<number> {
    const inventory = await this.inventory()
    const create_time = this.#createTime
    const id = await newId(this.#db.insertInto('topic').values({ ...topicRow(topic), create_time }))
    for (const conf of confs) await this.#insertConf(inventory, { id, name: topic.name }, conf)
    return id
  }

  async insertTopicConf(topic: Pick<Topic, 'id' | 'name'>, conf: NewTopicConf): Promise<void> {
    await this.#insertConf(await this.inventory(), topic, conf)
  }

  async setTopicDelay(id: number, delay: DelaySettings): Promise<void> {
    const { config } = await this.#db
      .selectFrom('topic')
      .select('config')
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
    await this.#db
      .updateTable('topic')
      .set({ config: topicConfig(config, { delay }) })
      .where('id', '=', id)
      .execute()
  }

  async deleteTopicConf(id: number): Promise<void> {
    await this.#db.updateTable('topic_conf').set({ is_delete: 1 }).where('id', '=', id).execute()
  }

  insertMqServer(mqServer: NewMqServer): Promise<number> {
    return insertMqServer(this.#db, mqServer, this.#createTime)
  }

  async setMqServerAddr(id: number, addr: string): Promise<void> {
    await this.#db.updateTable('mq_server').set({ addr }).where('id', '=', id).execute()
  }

  deleteMqServer(id: number): Promise<void> {
    return deleteMqServer(this.#db, id)
  }

  insertGroup(group: NewGroup): Promise<number> {
    const row = { ...groupRow(group), create_time: this.#createTime }
    return newId(this.#db.insertInto('consume_group').values(row))
  }

  async insertSubscriptions(subscriptions: readonly NewSubscription[]): Promise<readonly number[]> {
    const inventory = await this.inventory()
    const ids: number[] = []
    for (const subscription of subscriptions) {
      const row = { ...subscriptionRow(inventory, subscription), create_time: this.#createTime }
      ids.push(await newId(this.#db.insertInto('consume_subscription').values(row)))
    }
    return ids
  }

  async setSubscriptionEnabled(id: number, enabled: boolean): Promise<void> {
    const row = await this.#db
      .selectFrom('consume_subscription')
      .select('config')
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
    const config = enabled ? subscriptionConfig(row.config, { needResetOffset: false }) : row.config
    await this.#db
      .updateTable('consume_subscription')
      .set({ state: enabled ? 0 : 1, config })
      .where('id', '=', id)
      .execute()
  }

  async deleteSubscription(id: number): Promise<void> {
    await this.#db.updateTable('consume_subscription').set({ is_delete: 1 }).where('id', '=', id).execute()
  }

  async deleteGroup(id: number, user: string): Promise<void> {
    await this.#db
      .updateTable('consume_subscription')
      .set({ remark: user, is_delete: 1 })
      .where('group_id', '=', id)
      .where('is_delete', '=', 0)
      .execute()
    const is_delete = await deletedNumber(this.#db, id)
    await this.#db
      .updateTable('consume_group')
      .set({ remark: user, is_delete })
      .where('id', '=', id)
      .execute()
  }

  async insertNode(node: {
    clusterId: number
    host: string
    kind: ProxyKind
    seeded: boolean
  }): Promise<number> {
    await forgetWithdrawal(this.#db, node)
    return newId(
      this.#db.insertInto('node').values({
        cluster_id: node.clusterId,
        model_id: 1,
        host: node.host,
        node_type: NODE_TYPE[node.kind],
        ddmq_seeded: node.seeded ? SEEDED.yes : SEEDED.no,
        create_time: this.#createTime,
      }),
    )
  }

  async deleteNode(id: number): Promise<void> {
    await this.#db.updateTable('node').set({ is_delete: 1 }).where('id', '=', id).execute()
  }

  async withdrawNode(id: number): Promise<void> {
    await this.#db
      .updateTable('node')
      .set({ is_delete: 1, ddmq_seeded: SEEDED.withdrawn })
      .where('id', '=', id)
      .execute()
  }

  seed(seed: Seed): Promise<void> {
    return seedRows(this.#db, seed, this.#createTime)
  }

  touch(documents: readonly TouchedDocument[]): Promise<void> {
    return insertMarks(this.#db, documents, this.#nowMs)
  }

  async #insertConf(
    inventory: Inventory,
    topic: Pick<Topic, 'id' | 'name'>,
    conf: NewTopicConf,
  ): Promise<void> {
    const row = { ...topicConfRow(inventory, topic, conf), create_time: this.#createTime }
    await this.#db.insertInto('topic_conf').values(row).execute()
  }
}
