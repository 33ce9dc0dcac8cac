import { delayDeadLetterTopic, delayTableSpec, delayTableTopic } from '@ddmq/storage/delay'
import { expect, it } from 'vitest'

it('the table is a compacted topic with the time of the log, under the prefix that no client may send to', () => {
  expect(delayTableSpec('R_inner_', 8)).toEqual({
    topic: delayTableTopic('R_inner_'),
    partitions: 8,
    compacted: true,
    appendTime: true,
  })
  for (const topic of [delayTableTopic('R_inner_'), delayDeadLetterTopic('R_inner_')]) {
    expect(topic.startsWith('R_inner_')).toBe(true)
  }
  expect(delayDeadLetterTopic('R_inner_')).not.toBe(delayTableTopic('R_inner_'))
})
