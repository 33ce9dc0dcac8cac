import { tempDir } from '@ddmq/testkit'
import { afterAll, describe } from 'vitest'
import { describeDelivery } from './describe-delivery.ts'
import { embeddedScene, INNER_TOPIC_PREFIX, MAX_RECORD_BYTES } from './embedded-scene.ts'

/** Of a record in the log beside its key and body. */
const RECORD_BYTES = 22
/** Of a message's key in the table, with one letter for its topic. */
const KEY_BYTES = 'm/t/1700000000-2-1700172800-0-0-0-0-00000000-0000-0000-0000-000000000000'.length

describe('on the embedded engine', async () => {
  const dir = await tempDir()
  afterAll(() => dir[Symbol.asyncDispose]())

  describeDelivery({
    open: async () => (await embeddedScene(dir.path)).start(),
    innerTopicPrefix: INNER_TOPIC_PREFIX,
    largestRecordBytes: MAX_RECORD_BYTES - RECORD_BYTES,
    async refusing({ cluster }) {
      await cluster.admin.createTopic({ topic: 't', partitions: 2 })
      // As large as the engine takes: with the mark of a delivery it is over that.
      return { topic: 't', body: Buffer.alloc(MAX_RECORD_BYTES - RECORD_BYTES - KEY_BYTES) }
    },
  })
})
