import type { DelaySettings } from '@ddmq/common/registry'
import { touchedBy } from '../core/documents/touched.ts'
import type { AppContext } from './context.ts'
import { findDelayTopic } from './find.ts'

/** Changes what the delay service does with the messages of a topic: what is not named stays. */
export async function setTopicDelay(
  app: AppContext,
  name: string,
  {
    misfire,
    paused,
  }: { readonly misfire?: DelaySettings['misfire'] | undefined; readonly paused?: boolean | undefined },
): Promise<void> {
  await app.changes.run(async store => {
    const inventory = await store.inventory()
    const topic = findDelayTopic(inventory, name)
    const delay = { misfire: misfire ?? topic.delay.misfire, paused: paused ?? topic.delay.paused }
    await store.write(async rows => {
      await rows.setTopicDelay(topic.id, delay)
      await rows.touch(touchedBy(inventory, { topics: [name] }))
    })
    app.log.info({ topic: name, ...delay }, 'settings of delay topic changed')
  })
}
