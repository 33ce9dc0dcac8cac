import { join } from 'node:path'
import { systemClock } from '@ddmq/common/clock'
import type { Logger } from '@ddmq/common/log'
import { EmbeddedRegistry } from '@ddmq/common/registry'
import { sharedClusters } from '@ddmq/storage'
import { EmbeddedCluster } from '@ddmq/storage/embedded'
import { testLogger } from '@ddmq/testkit'
import { DelayScene } from './delay-scene.ts'
import { CLUSTER } from './test-chronos.ts'

export const INNER_TOPIC_PREFIX = 'R_test_chronos_inner_'
/** Small, so that one that is too large is cheap. */
export const MAX_RECORD_BYTES = 1024 * 1024

/** On the embedded engine, in a folder; that of an earlier scene is gone on with. */
export async function embeddedScene(
  dir: string,
  { config = {}, log }: { readonly config?: object; readonly log?: Logger } = {},
): Promise<DelayScene> {
  const collected = testLogger()
  const logger = log ?? collected.log
  const cluster = new EmbeddedCluster({
    clusterName: CLUSTER,
    dir: join(dir, 'log'),
    fsync: false,
    freeSpaceFloorBytes: 0,
    maxRecordBytes: MAX_RECORD_BYTES,
    clock: systemClock,
    log: logger,
  })
  const registry = new EmbeddedRegistry({ dir: join(dir, 'registry'), log: logger })
  return DelayScene.open({
    dir,
    log: logger,
    lines: collected.lines,
    cluster,
    before: [cluster],
    registry,
    connector: sharedClusters([cluster]),
    entry: { engine: 'embedded' },
    innerTopicPrefix: INNER_TOPIC_PREFIX,
    config,
  })
}
