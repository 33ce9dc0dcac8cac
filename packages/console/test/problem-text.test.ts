import { expect, test } from 'vitest'
import { subscriptionBody, topicBody } from '../src/api/bodies.ts'
import { newSubscriptionBody, newTopicBody, tailQuery } from '../src/api/own-bodies.ts'
import { parse } from '../src/api/parse.ts'
import { subBody, topicBody as topicFields } from './support/bodies.ts'

const PAIR = { group: 'cg_a', topic: 'orders' }

test.each([
  [newTopicBody, { topic: 'a', partitions: 1025 }, 'partitions: must be at most 1024'],
  [newTopicBody, { topic: 'a', partitions: 0 }, 'partitions: must be at least 1'],
  [newTopicBody, { topic: 'a', partitions: 1.5 }, 'partitions: must be a whole number'],
  [newTopicBody, { topic: 'a', partitions: '8' }, 'partitions: must be a number'],
  [newTopicBody, { topic: 7 }, 'topic: must be a text'],
  [newTopicBody, { partitions: 8 }, 'topic: is required'],
  [newTopicBody, { topic: 'a', colour: 'red' }, 'body: has no member colour'],
  [newTopicBody, undefined, 'body: is required'],
  [newTopicBody, [], 'body: must be an object'],
  [newSubscriptionBody, { ...PAIR, from: 'start' }, 'from: must be one of latest, earliest'],
  [newSubscriptionBody, { ...PAIR, enabled: 1 }, 'enabled: must be true or false'],
  [newSubscriptionBody, { ...PAIR, push: { urls: [] } }, 'push.urls: must have at least 1 entries'],
  [newSubscriptionBody, { ...PAIR, push: { urls: 'http://h/' } }, 'push.urls: must be a list'],
  [newSubscriptionBody, { ...PAIR, retryIntervals: [1, 'x'] }, 'retryIntervals[1]: must be a number'],
  [tailQuery, { max: 'many' }, 'max: must be a number'],
  [topicBody, topicFields('a', { user: 5 }), 'user: must be a text'],
  [topicBody, topicFields('a', { user: ' ' }), 'user: must not be blank'],
  [topicBody, topicFields('a', { user: undefined }), 'user: must not be blank'],
  [topicBody, topicFields('a', { topicName: null }), 'topicName: is required'],
  [topicBody, topicFields('a', { conf: {} }), 'conf: must be a list'],
  [topicBody, topicFields('a', { conf: [] }), 'conf: must name at least one cluster'],
  [subscriptionBody, subBody({ clusters: null }), 'clusters: is required'],
  [subscriptionBody, subBody({ clusters: 'ddmq' }), 'clusters: must be an object'],
  [subscriptionBody, subBody({ maxTps: 0 }), 'maxTps: must be at least 1'],
  [subscriptionBody, subBody({ maxTps: 1e9 }), 'maxTps: must be at most 999999999'],
  [subscriptionBody, subBody({ maxTps: 'fast' }), 'maxTps: must be a number'],
])('a refused body names the field and what it must be: %$', (schema, body, text) => {
  expect(() => parse<unknown>(schema, body)).toThrow(expect.objectContaining({ message: text }))
})
