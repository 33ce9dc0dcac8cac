const COMMON_HEAD = `
  id bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY`
const COMMON_TAIL = `
  is_delete tinyint NOT NULL DEFAULT 0,
  create_time datetime NOT NULL DEFAULT '1970-01-01 00:00:00',
  modify_time timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP`

/** Names compare byte by byte, as they do in the config tree. */
const OPTIONS = 'ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin'

function texts(length: number, ...names: readonly string[]): string {
  return names.map(name => `${name} varchar(${length}) NOT NULL DEFAULT ''`).join(', ')
}

function numbers(type: 'tinyint' | 'int' | 'bigint', defaults: Readonly<Record<string, number>>): string {
  return Object.entries(defaults)
    .map(([name, value]) => `${name} ${type} NOT NULL DEFAULT ${value}`)
    .join(', ')
}

function table(
  name: string,
  columns: readonly string[],
  keys: readonly string[] = [],
): readonly [string, string] {
  const parts = [COMMON_HEAD, ...columns, COMMON_TAIL, ...keys].join(',\n  ')
  return [name, `CREATE TABLE ${name} (${parts}\n) ${OPTIONS}`]
}

/** The nine tables of the original (console.md §4), by name. A table that is there already is left as it is. */
export const ORIGINAL_TABLES: ReadonlyMap<string, string> = new Map([
  table('idc', [texts(256, 'name'), texts(1024, 'remark')], ['UNIQUE KEY idx_name (name, is_delete)']),
  table(
    'cluster',
    [
      texts(256, 'name'),
      texts(1024, 'description', 'remark'),
      numbers('bigint', { idc_id: 0 }),
      texts(256, 'idc'),
    ],
    ['UNIQUE KEY idx_name (name, is_delete)'],
  ),
  table('cluster_mqserver_relation', [
    numbers('bigint', { cluster_id: 0, mq_server_id: 0 }),
    texts(256, 'cluster_name', 'mq_server_name'),
    texts(4096, 'proxy_conf'),
    numbers('tinyint', { type: 0 }),
  ]),
  table('mq_server', [
    texts(256, 'name', 'idc'),
    texts(1024, 'description'),
    texts(512, 'addr'),
    numbers('tinyint', { type: 0 }),
    numbers('bigint', { idc_id: 0 }),
  ]),
  table(
    'node',
    [
      numbers('bigint', { cluster_id: 0, model_id: 0, master_id: 0 }),
      texts(128, 'host'),
      numbers('tinyint', { node_type: 0 }),
    ],
    ['KEY idx_clusterid_host (is_delete, cluster_id, host)'],
  ),
  table(
    'topic',
    [
      texts(256, 'topic_name', 'service', 'department', 'alarm_group'),
      'topic_schema text NULL',
      texts(1024, 'contacters', 'description'),
      numbers('tinyint', {
        alarm_is_enable: 0,
        delay_topic: 1,
        need_audit_subinfo: 1,
        enable_schema_verify: 1,
      }),
      numbers('tinyint', { produce_mode: 0, state: 0 }),
      texts(2048, 'produce_mode_mapper', 'config', 'extra_params'),
    ],
    ['UNIQUE KEY idx_topicname (topic_name, is_delete)'],
  ),
  table(
    'topic_conf',
    [
      numbers('bigint', { topic_id: 0, cluster_id: 0, mq_server_id: 0, server_idc_id: 0 }),
      texts(256, 'topic_name', 'cluster_name', 'mq_server_name', 'server_idc_name'),
      texts(1024, 'client_idc'),
      numbers('int', { produce_tps: 1024, msg_avg_size: 0, msg_max_size: 0 }),
      numbers('tinyint', { state: 0 }),
      texts(2048, 'config'),
    ],
    ['KEY idx_topicid_clusterid_mqserverid (is_delete, topic_id, cluster_id, mq_server_id)'],
  ),
  table(
    'consume_group',
    [
      texts(256, 'group_name', 'service', 'department', 'alarm_group', 'remark'),
      texts(512, 'contacters'),
      numbers('tinyint', { alarm_is_enable: 0, alarm_level: 2, broadcast_consume: 1, consume_mode: 1 }),
      numbers('int', { alarm_msg_lag: 10_000, alarm_delay_time: 300_000 }),
      texts(2048, 'consume_mode_mapper', 'extra_params', 'config'),
    ],
    ['UNIQUE KEY idx_groupname (group_name, is_delete)'],
  ),
  table(
    'consume_subscription',
    [
      numbers('bigint', { group_id: 0, topic_id: 0, cluster_id: 0, mq_server_id: 0 }),
      texts(256, 'group_name', 'topic_name', 'cluster_name', 'mq_server_name'),
      numbers('tinyint', {
        pressure_traffic: 0,
        alarm_type: 0,
        alarm_is_enable: 0,
        alarm_level: 2,
        api_type: 1,
      }),
      'max_tps double(11,2) NOT NULL DEFAULT 1000.00',
      numbers('int', { alarm_msg_lag: 10_000, alarm_delay_time: 300_000, consume_timeout: 1000 }),
      numbers('int', { error_retry_times: 3, push_max_concurrency: 0 }),
      numbers('tinyint', {
        msg_type: 0,
        enable_groovy: 0,
        enable_transit: 0,
        enable_order: 0,
        consume_type: 0,
      }),
      numbers('tinyint', { big_data_type: 0, http_method: 0, msg_push_type: 0, state: 0 }),
      'groovy text NULL, transit text NULL',
      texts(512, 'order_key'),
      texts(1024, 'retry_intervals', 'http_headers', 'http_query_params', 'http_token', 'actions', 'remark'),
      texts(2048, 'big_data_config', 'urls', 'config', 'extra_params'),
    ],
    [
      'KEY idx_groupid_topicid (is_delete, group_id, topic_id, state)',
      'KEY idx_clu_group_consumetype (is_delete, cluster_id, group_id, consume_type, state)',
    ],
  ),
])

/** Ours in the original tables: table, column, definition. With defaults, so that the original goes on writing rows. */
export const ADDED_COLUMNS: readonly (readonly [string, string, string])[] = [
  ['node', 'ddmq_seeded', 'tinyint NOT NULL DEFAULT 0'],
  ['consume_subscription', 'ddmq_start_from', "varchar(16) NOT NULL DEFAULT 'latest'"],
]
