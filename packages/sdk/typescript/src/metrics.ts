/** Labels are bounded: topic, group, endpoint, code, result, state. */
export type MetricLabels = Readonly<Record<string, string>>

/**
 * Where the SDK counts (names in sdk.md §19.8, listed in the README). Calls are synchronous and must not throw.
 * A counter only grows; a gauge is set; a histogram observes seconds.
 */
export interface Metrics {
  count(name: CounterName, labels: MetricLabels, by: number): void
  set(name: GaugeName, labels: MetricLabels, value: number): void
  observe(name: HistogramName, labels: MetricLabels, seconds: number): void
}

export type CounterName =
  | 'ddmq_client_send_total'
  | 'ddmq_client_send_attempts_total'
  | 'ddmq_client_reconnects_total'
  | 'ddmq_client_pull_total'
  | 'ddmq_client_messages_total'
  | 'ddmq_client_submit_total'
  | 'ddmq_client_submit_failed_total'
  | 'ddmq_client_stop_unsubmitted_total'
export type GaugeName = 'ddmq_client_inflight' | 'ddmq_client_endpoint_state'
export type HistogramName =
  | 'ddmq_client_send_seconds'
  | 'ddmq_client_pool_wait_seconds'
  | 'ddmq_client_handler_seconds'
