import type { AdminRoute } from '@ddmq/common/admin-http'
import { firstRound, formatDelayId, parseDelayId } from '@ddmq/common/delay'
import type { DelayQueries, MessageQuery } from '../app/delay-queries.ts'
import { DelayQueryInvalidError } from '../errors.ts'

const TOPIC = /^[a-zA-Z0-9._-]{1,249}$/

/** What an operator, or the console, asks one instance of the delay service; nothing here changes anything. */
export function delayRoutes(queries: DelayQueries): readonly AdminRoute[] {
  return [
    {
      method: 'GET',
      path: '/delay/stats',
      handle: async () => ({ status: 200, body: await queries.stats() }),
    },
    {
      method: 'GET',
      path: '/delay/message',
      handle: async query => ({ status: 200, body: await queries.find(messageOf(query)) }),
    },
  ]
}

/** The id may be that of any round, as it is delivered with the message. */
function messageOf(query: URLSearchParams): MessageQuery {
  const topic = query.get('topic') ?? ''
  if (!TOPIC.test(topic)) throw invalid('topic', 'must be the name of a topic')
  const parsed = parseDelayId(query.get('id') ?? '')
  if (typeof parsed === 'string') throw invalid('id', 'must be the id of a delayed message')
  const first = firstRound(parsed)
  if (first === undefined) throw invalid('id', 'has rounds before 1970')
  return { topic, id: formatDelayId(first) }
}

function invalid(field: string, what: string): DelayQueryInvalidError {
  return new DelayQueryInvalidError(`${field} ${what}`, { details: { field } })
}
