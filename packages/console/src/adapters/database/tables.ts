import type { Generated } from 'kysely'

/** Columns every original table has. `is_delete`: 0 live, any other number deleted (see `soft-delete.ts`). */
interface Common {
  readonly id: Generated<number>
  readonly is_delete: Generated<number>
  readonly create_time: string
}

interface ClusterTable extends Common {
  readonly name: string
  readonly description: string
  readonly idc_id: number
  readonly idc: string
}

interface IdcTable extends Common {
  readonly name: string
}

interface RelationTable extends Common {
  readonly cluster_id: number
  readonly cluster_name: string
  readonly mq_server_id: number
  readonly mq_server_name: string
  readonly proxy_conf: string
  readonly type: number
}

interface MqServerTable extends Common {
  readonly name: string
  readonly description: string
  readonly addr: string
  readonly type: number
  readonly idc_id: number
  readonly idc: string
}

interface NodeTable extends Common {
  readonly cluster_id: number
  readonly model_id: number
  readonly host: string
  readonly node_type: number
  readonly ddmq_seeded: number
}

interface TopicTable extends Common {
  readonly topic_name: string
  readonly topic_schema: string | null
  readonly service: string
  readonly department: string
  readonly contacters: string
  readonly alarm_group: string
  readonly alarm_is_enable: number
  readonly delay_topic: number
  readonly enable_schema_verify: number
  readonly produce_mode: number
  readonly config: string
  readonly description: string
  readonly extra_params: string
}

interface TopicConfTable extends Common {
  readonly topic_id: number
  readonly topic_name: string
  readonly cluster_id: number
  readonly cluster_name: string
  readonly mq_server_id: number
  readonly mq_server_name: string
  readonly server_idc_id: number
  readonly server_idc_name: string
  readonly client_idc: string
  readonly produce_tps: number
  readonly msg_avg_size: number
  readonly msg_max_size: number
  readonly config: string
}

interface GroupTable extends Common {
  readonly group_name: string
  readonly service: string
  readonly department: string
  readonly contacters: string
  readonly alarm_is_enable: number
  readonly alarm_group: string
  readonly alarm_level: number
  readonly alarm_msg_lag: number
  readonly alarm_delay_time: number
  readonly broadcast_consume: number
  readonly consume_mode: number
  readonly extra_params: string
  readonly config: string
  readonly remark: Generated<string>
}

interface SubscriptionTable extends Common {
  readonly group_id: number
  readonly topic_id: number
  readonly cluster_id: number
  readonly group_name: string
  readonly topic_name: string
  readonly cluster_name: string
  readonly pressure_traffic: number
  readonly max_tps: number
  readonly alarm_type: number
  readonly alarm_is_enable: number
  readonly alarm_msg_lag: number
  readonly alarm_delay_time: number
  readonly api_type: number
  readonly consume_timeout: number
  readonly error_retry_times: number
  readonly retry_intervals: string
  readonly msg_type: number
  readonly enable_groovy: number
  readonly enable_transit: number
  readonly enable_order: number
  readonly consume_type: number
  readonly urls: string
  readonly http_method: number
  readonly http_query_params: string
  readonly msg_push_type: number
  readonly http_token: string
  readonly push_max_concurrency: number
  readonly actions: string
  readonly config: string
  readonly state: number
  readonly extra_params: string
  readonly remark: Generated<string>
  readonly ddmq_start_from: string
}

export interface Tables {
  readonly idc: IdcTable
  readonly cluster: ClusterTable
  readonly cluster_mqserver_relation: RelationTable
  readonly mq_server: MqServerTable
  readonly node: NodeTable
  readonly topic: TopicTable
  readonly topic_conf: TopicConfTable
  readonly consume_group: GroupTable
  readonly consume_subscription: SubscriptionTable
  readonly ddmq_account: { readonly name: string; readonly password_hash: string }
  readonly ddmq_session: {
    readonly secret_hash: string
    readonly account: string
    readonly expires_ms: number
  }
  readonly ddmq_api_token: {
    readonly name: string
    readonly secret_hash: string
    readonly created_ms: number
  }
  readonly ddmq_outbox: {
    readonly id: Generated<number>
    readonly kind: string
    readonly name: string
    readonly created_ms: number
  }
}
