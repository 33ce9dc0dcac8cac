import { z } from 'zod'

/**
 * Entry of the embedded engine, an additional member beside the original engine maps (architecture §3):
 * `carreraConfiguration.embeddedConfigurationMap` of a producer proxy, `embeddedConfigs` of a consumer proxy.
 */
export const embeddedEngineSchema = z.object({
  clusterName: z.string().min(1),
  /** Greatest body a producer proxy takes for the cluster's topics; absent: 2 MiB. */
  maxMessageSize: z.int().positive().optional(),
})
