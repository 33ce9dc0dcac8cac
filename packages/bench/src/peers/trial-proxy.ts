/**
 * The least that a producer proxy on Kafka can be (entry file of a process; bootstrap servers, topic and its partitions): stores each
 * frame as it came, and answers with a constant reply once Kafka has acknowledged.
 */
import { replyTo, SENT, serveFrames } from './frame-server.ts'
import { GatheringProducer } from './gathering-producer.ts'

const [bootstrapServers = '', topic = '', partitions = ''] = process.argv.slice(2)
const producer = new GatheringProducer({ bootstrapServers, topic, partitions: Number(partitions) })

await serveFrames((frame, socket) => producer.send(frame, () => socket.write(replyTo(frame, SENT))))
