import { z } from 'zod'

const addressesByCluster = z.record(z.string(), z.array(z.string())).optional()

/** `/broker/<brokerCluster>` (common-monitor-deploy.md §4.5). */
export const brokerConfigSchema = z.object({
  brokerCluster: z.string().min(1),
  brokerClusterAddrs: z.string().min(1),
  brokers: addressesByCluster,
  pproxies: addressesByCluster,
  cproxies: addressesByCluster,
})

export type BrokerConfig = z.infer<typeof brokerConfigSchema>
