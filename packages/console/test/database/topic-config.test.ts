import { describe, expect, test } from 'vitest'
import { readTopicConfig } from '../../src/adapters/database/topic-config.ts'

const DELAY = { misfire: 'latest', paused: true }

describe('topic.config', () => {
  test.each(['', '{}', 'null', '{"autoBatch":null,"compressionType":null,"delay":null}', '{"delay":{}}'])(
    'of %j has the defaults',
    column => {
      const delay = { misfire: 'all', paused: false }
      expect(readTopicConfig(column)).toEqual({ autoBatch: false, compressionType: 0, delay })
    },
  )

  test.each([
    [{ autoBatch: null, compressionType: 2, delay: DELAY }, { autoBatch: false }],
    [{ autoBatch: true, compressionType: null, delay: DELAY }, { compressionType: 0 }],
    [{ autoBatch: true, compressionType: 'x', delay: DELAY }, { compressionType: 0 }],
    [
      { autoBatch: true, compressionType: 2, delay: { misfire: 'newest', paused: true } },
      { delay: { misfire: 'all', paused: true } },
    ],
    [
      { autoBatch: true, compressionType: 2, delay: { misfire: null, paused: false } },
      { delay: { misfire: 'all', paused: false } },
    ],
  ])('%j loses only the member that does not fit', (config, instead) => {
    expect(readTopicConfig(JSON.stringify(config))).toEqual({ ...config, ...instead })
  })

  test.each([
    '{"delay":{"misfire":"latest","paused":null}}',
    '{"delay":{"misfire":"latest","paused":"until noon"}}',
    '{"delay":"paused"}',
    '{"delay":[]}',
    '[]',
    '{"delay":{"paus',
  ])('%s, which may have paused the topic, does not let it go on', column => {
    expect(readTopicConfig(column).delay.paused).toBe(true)
  })
})
