/** A member as a process of its own: `bootstrapServers group topic name sessionTimeoutMs [instanceId]`; prints its events. */

import { ConsumingMember } from './consuming-member.ts'
import { openKafka } from './kafka-cluster.ts'

const [bootstrapServers = '', group = '', topic = '', name = '', session = '', groupInstanceId] =
  process.argv.slice(2)

const cluster = await openKafka(bootstrapServers, {
  settings: {
    sessionTimeoutMs: Number(session),
    ...(groupInstanceId === undefined ? {} : { groupInstanceId }),
  },
})
const member = new ConsumingMember(cluster, name, event => {
  process.stdout.write(`${JSON.stringify(event)}\n`)
})
await member.join(group, [topic])
