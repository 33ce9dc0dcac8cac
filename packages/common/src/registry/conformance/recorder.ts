import type { DocumentListener } from '../registry.ts'
import type { TopicConfig } from '../schema/index.ts'

/** What a listener saw: the `maxTps` of the first unit, or that the node was absent. */
export type Seen = (number | 'absent')[]

/** A listener that writes down what it sees. */
export function recorder(seen: Seen): DocumentListener<TopicConfig> {
  return current => {
    seen.push(current?.value.topicUnits[0]?.maxTps ?? 'absent')
  }
}
