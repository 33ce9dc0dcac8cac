import type { Group, Inventory, Topic, TopicConf } from './model.ts'

interface Lookups {
  readonly topics: ReadonlyMap<string, Topic>
  readonly groups: ReadonlyMap<string, Group>
  readonly confs: ReadonlyMap<number, readonly TopicConf[]>
}

const known = new WeakMap<Inventory, Lookups>()

/** Of an inventory, which never changes: made at the first question, so that thousands of documents cost no more each. */
function lookups(inventory: Inventory): Lookups {
  const made = known.get(inventory) ?? {
    topics: new Map(inventory.topics.map(topic => [topic.name, topic])),
    groups: new Map(inventory.groups.map(group => [group.name, group])),
    confs: Map.groupBy(inventory.confs, conf => conf.topicId),
  }
  known.set(inventory, made)
  return made
}

export function topicNamed(inventory: Inventory, name: string): Topic | undefined {
  return lookups(inventory).topics.get(name)
}

export function groupNamed(inventory: Inventory, name: string): Group | undefined {
  return lookups(inventory).groups.get(name)
}

/** The units of a topic, in the order of their rows. */
export function confsOf(inventory: Inventory, topicId: number): readonly TopicConf[] {
  return lookups(inventory).confs.get(topicId) ?? []
}
