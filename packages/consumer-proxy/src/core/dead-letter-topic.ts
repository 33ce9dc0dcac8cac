import { createHash } from 'node:crypto'

const PREFIX = 'ddmq.dead.'
const MAX_TOPIC_LENGTH = 249
const KEPT_OF_LONG_NAME = 150

/**
 * Topic that takes the messages a group could not consume. Different groups have different topics, and the name is
 * legal on every engine: group names may hold `%` and `|`, which become `.25` and `.7C` (a group name has no dot);
 * names that get too long keep their beginning and end in `..` and a digest.
 */
export function deadLetterTopic(group: string): string {
  const escaped = group.replaceAll(/[^a-zA-Z0-9_-]/gu, escapeCharacter)
  const topic = PREFIX + escaped
  if (topic.length <= MAX_TOPIC_LENGTH) return topic
  const digest = createHash('sha256').update(group).digest('hex')
  return `${PREFIX}${escaped.slice(0, KEPT_OF_LONG_NAME)}..${digest}`
}

function escapeCharacter(character: string): string {
  return `.${Buffer.from(character).toString('hex').toUpperCase()}`
}
