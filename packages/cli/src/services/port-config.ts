import { zookeeperSettingsSchema } from '@ddmq/common/registry/zookeeper'
import { kafkaSettingsSchema } from '@ddmq/storage/kafka'
import { z } from 'zod'

/** Where the config tree and the broker clusters of a process are, and what this process needs to be let in. */
export const portShape = {
  registry: z
    .strictObject({
      zookeeper: zookeeperSettingsSchema.optional().describe('ZooKeeper, for any number of processes.'),
      embedded: z
        .strictObject({ dir: z.string().min(1).describe('Folder of the tree; owned by one process.') })
        .optional()
        .describe('Plain files, for one process alone.'),
    })
    .refine(given => Object.keys(given).length === 1, 'name one kind of config tree')
    .describe('The config tree.'),
  brokerClusters: z
    .record(
      z.string().min(1),
      z.strictObject({ kafka: kafkaSettingsSchema.describe('How this process reaches it.') }),
    )
    .default({})
    .describe('Broker clusters, by their name in the config tree.'),
}

const portSchema = z.strictObject(portShape)
export type PortConfig = Readonly<z.infer<typeof portSchema>>
