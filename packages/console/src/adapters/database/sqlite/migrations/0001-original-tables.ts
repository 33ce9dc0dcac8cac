const COMMON = `
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  is_delete INTEGER NOT NULL DEFAULT 0,
  create_time TEXT NOT NULL DEFAULT '1970-01-01 00:00:00',
  modify_time TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP`

function text(...names: readonly string[]): string {
  return names.map(name => `${name} TEXT NOT NULL DEFAULT ''`).join(', ')
}

/** `name value` pairs: a number with its original default. */
function number(defaults: Readonly<Record<string, number>>): string {
  return Object.entries(defaults)
    .map(
      ([name, value]) => `${name} ${Number.isInteger(value) ? 'INTEGER' : 'REAL'} NOT NULL DEFAULT ${value}`,
    )
    .join(', ')
}

/**
 * The nine tables and columns of the original (console.md §4), so that its rows can be taken over as they are.
 * Columns that begin with `ddmq_` are ours.
 */
export const CREATE_ORIGINAL_TABLES = `
CREATE TABLE idc (${COMMON}, ${text('name', 'remark')});
CREATE UNIQUE INDEX idc_name ON idc (name, is_delete);

CREATE TABLE cluster (${COMMON}, ${text('name', 'description', 'idc', 'remark')}, ${number({ idc_id: 0 })});
CREATE UNIQUE INDEX cluster_name ON cluster (name, is_delete);

CREATE TABLE cluster_mqserver_relation (${COMMON},
  ${number({ cluster_id: 0, mq_server_id: 0, type: 0 })}, ${text('cluster_name', 'mq_server_name', 'proxy_conf')});

CREATE TABLE mq_server (${COMMON}, ${text('name', 'description', 'addr', 'idc')}, ${number({ type: 0, idc_id: 0 })});

CREATE TABLE node (${COMMON},
  ${number({ cluster_id: 0, model_id: 0, master_id: 0, node_type: 0, ddmq_seeded: 0 })}, ${text('host')});
CREATE INDEX node_cluster_host ON node (is_delete, cluster_id, host);

CREATE TABLE topic (${COMMON},
  ${text('topic_name', 'service', 'department', 'contacters', 'alarm_group', 'produce_mode_mapper')},
  ${text('config', 'description', 'extra_params')}, topic_schema TEXT,
  ${number({ alarm_is_enable: 0, delay_topic: 1, need_audit_subinfo: 1, enable_schema_verify: 1 })},
  ${number({ produce_mode: 0, state: 0 })});
CREATE UNIQUE INDEX topic_name ON topic (topic_name, is_delete);

CREATE TABLE topic_conf (${COMMON},
  ${number({ topic_id: 0, cluster_id: 0, mq_server_id: 0, server_idc_id: 0 })},
  ${text('topic_name', 'cluster_name', 'mq_server_name', 'server_idc_name', 'client_idc', 'config')},
  ${number({ produce_tps: 1024, msg_avg_size: 0, msg_max_size: 0, state: 0 })});
CREATE INDEX topic_conf_topic ON topic_conf (is_delete, topic_id, cluster_id, mq_server_id);

CREATE TABLE consume_group (${COMMON},
  ${text('group_name', 'service', 'department', 'contacters', 'alarm_group', 'consume_mode_mapper')},
  ${text('extra_params', 'config', 'remark')},
  ${number({ alarm_is_enable: 0, alarm_level: 2, alarm_msg_lag: 10_000, alarm_delay_time: 300_000 })},
  ${number({ broadcast_consume: 1, consume_mode: 1 })});
CREATE UNIQUE INDEX consume_group_name ON consume_group (group_name, is_delete);

CREATE TABLE consume_subscription (${COMMON},
  ${number({ group_id: 0, topic_id: 0, cluster_id: 0, mq_server_id: 0, pressure_traffic: 0 })},
  ${text('group_name', 'topic_name', 'cluster_name', 'mq_server_name', 'retry_intervals', 'order_key')},
  ${text('big_data_config', 'urls', 'http_headers', 'http_query_params', 'http_token', 'actions')},
  ${text('config', 'extra_params', 'remark')}, groovy TEXT, transit TEXT, max_tps REAL NOT NULL DEFAULT 1000,
  ${number({ alarm_type: 0, alarm_is_enable: 0, alarm_level: 2, alarm_msg_lag: 10_000 })},
  ${number({ alarm_delay_time: 300_000, api_type: 1, consume_timeout: 1000, error_retry_times: 3 })},
  ${number({ msg_type: 0, enable_groovy: 0, enable_transit: 0, enable_order: 0, consume_type: 0 })},
  ${number({ big_data_type: 0, http_method: 0, msg_push_type: 0, push_max_concurrency: 0, state: 0 })},
  ddmq_start_from TEXT NOT NULL DEFAULT 'latest');
CREATE UNIQUE INDEX ddmq_live_subscription ON consume_subscription (group_id, cluster_id, topic_id) WHERE is_delete = 0`
