import {
  type apiVersionsV3,
  createTopicsV7,
  describeConfigsV4,
  fetchV12,
  findCoordinatorV4,
  initProducerIdV4,
  joinGroupV9,
  listOffsetsV7,
  metadataV10,
  offsetCommitV8,
  offsetFetchV8,
  produceV9,
} from '@platformatic/kafka'
import { StorageError } from '../errors.ts'

/** Those that came last of what we send; whoever has them has the others. Kafka 3.3 and newer, 4.x included. */
const SPOKEN = {
  Produce: produceV9,
  Fetch: fetchV12,
  Metadata: metadataV10,
  ListOffsets: listOffsetsV7,
  OffsetCommit: offsetCommitV8,
  OffsetFetch: offsetFetchV8,
  FindCoordinator: findCoordinatorV4,
  JoinGroup: joinGroupV9,
  InitProducerId: initProducerIdV4,
  CreateTopics: createTopicsV7,
  DescribeConfigs: describeConfigsV4,
}

/** Throws `unavailable` for a broker that does not understand what we send. */
export function checkBrokerVersion(offered: readonly apiVersionsV3.ApiVersionsResponseApi[]): void {
  const ranges = new Map(offered.map(({ apiKey, ...range }) => [apiKey, range]))
  const missing = Object.entries(SPOKEN).flatMap(([name, { api }]) => {
    const { minVersion, maxVersion } = ranges.get(api.key) ?? { minVersion: 0, maxVersion: -1 }
    return api.version >= minVersion && api.version <= maxVersion ? [] : [`${name} version ${api.version}`]
  })
  if (missing.length === 0) return
  throw new StorageError(
    'unavailable',
    `the broker does not speak ${missing.join(', ')}; Kafka 3.3 or newer is needed`,
  )
}

/** What a broker understands of the cluster's metadata says which Kafka it is. Of 3.6 is 12, of 3.5 11. */
const METADATA_VERSION = 'metadata.version'
const METADATA_OF_3_6 = 12

/** What is known of a broker: nothing more where it is new enough. */
export interface HangingTransactions {
  /** Why transactions on it may stay open for ever. */
  readonly mayHang?: string
  /** Why that is not known. */
  readonly unchecked?: string
}

/**
 * Whether transactions on that broker may stay open for ever. Older ones than Kafka 3.6 take records of a transaction that was
 * ended already, and readers wait for its end from then on. In ZooKeeper mode brokers do not say which they are.
 */
export function hangingTransactions(
  node: number,
  features: readonly apiVersionsV3.ApiVersionsResponseSupportedFeature[],
): HangingTransactions {
  const version = features.find(({ name }) => name === METADATA_VERSION)?.maxVersion
  if (version === undefined)
    return { unchecked: `the version of broker ${node} is not known (it tells no ${METADATA_VERSION})` }
  if (version >= METADATA_OF_3_6) return {}
  return {
    mayHang: `broker ${node} is older than Kafka 3.6 (${METADATA_VERSION} ${version}, ${METADATA_OF_3_6} or more is needed)`,
  }
}
