import fc from 'fast-check'
import { expect, test } from 'vitest'
import { deadLetterTopic } from '../../src/core/dead-letter-topic.ts'

const group = fc.stringMatching(/^[%|a-zA-Z0-9_-]{1,255}$/)

test('different groups have different dead-letter topics, each with a legal name', () => {
  fc.assert(
    fc.property(fc.uniqueArray(group, { minLength: 2, maxLength: 20 }), groups => {
      const topics = groups.map(deadLetterTopic)
      expect(new Set(topics).size).toBe(groups.length)
      for (const topic of topics) expect(topic).toMatch(/^[a-zA-Z0-9._-]{1,249}$/)
    }),
  )
})

test('groups that differ only after a long common beginning have different topics', () => {
  const beginning = '%|'.repeat(120)
  expect(deadLetterTopic(`${beginning}a`)).not.toBe(deadLetterTopic(`${beginning}b`))
  expect(deadLetterTopic(`${beginning}a`)).toMatch(/^[a-zA-Z0-9._-]{1,249}$/)
})

test('a plain group keeps its name readable', () => {
  expect(deadLetterTopic('cg_orders')).toBe('ddmq.dead.cg_orders')
  expect(deadLetterTopic('%RETRY%a|b')).toBe('ddmq.dead..25RETRY.25a.7Cb')
})
