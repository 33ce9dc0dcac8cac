import { expect, test } from 'vitest'
import { decodeTopicEntry, encodeTopicEntry } from '../../src/embedded/topic-entry.ts'

const entry = {
  topic: 'table',
  topicId: 'id',
  partitions: 2,
  compacted: true,
  appendTime: true,
  tombstoneRetentionMs: 1000,
  retentionMs: 1000,
  retentionBytes: null,
}

test('an entry of the catalogue comes back as it was', () => {
  expect(decodeTopicEntry(encodeTopicEntry(entry))).toEqual(entry)
})

test('an entry from before append time was known is of a topic without it', () => {
  const { appendTime: _, tombstoneRetentionMs: __, ...older } = entry

  expect(decodeTopicEntry(Buffer.from(JSON.stringify(older)))).toEqual({
    ...older,
    appendTime: false,
    tombstoneRetentionMs: null,
  })
})

test.each([{ appendTime: 'yes' }, { tombstoneRetentionMs: 'long' }, { partitions: undefined }])(
  'an entry with %j is damage',
  damage => {
    const bytes = Buffer.from(JSON.stringify({ ...entry, ...damage }))

    expect(() => decodeTopicEntry(bytes)).toThrow(/topic catalogue/)
  },
)
