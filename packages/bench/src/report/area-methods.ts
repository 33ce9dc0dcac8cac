const KAFKA =
  'Kafka runs on the same machine, each broker with the flags of the test servers (a small heap, the serial collector, the first compiler only): its rates are not those of a Kafka in production'
const COUNTED =
  'the number of messages is fixed by the length that is asked for, so a faster side is measured for less long'

/** What an area measures, where, and for how long; the general method says the rest. */
const METHODS: Readonly<Record<string, string>> = {
  codec:
    'Both sides run in the process of the scenario, for 1 s at most. The rate is per second of CPU time, so other processes do not count.',
  echo: 'Both servers are processes of their own; the load generator speaks Thrift to them.',
  log: 'Appends: each side has a process of its own every time, which makes the load too, because in one process either would pay for the garbage of the other and share its compiled code. They are measured for 2 s at most, in a new folder each time, because a store that is written longer measures the compaction of RocksDB. Reads: both sides run in the process of the scenario, for 1 s at most.',
  send: `The proxy, or the whole of \`up\`, and the trial proxy are processes of their own; the load generator speaks Thrift to them. The Kafka client alone runs in the process of the scenario. Kafka's own Java producer, with the same flags as the brokers, sends a fixed number of messages. ${KAFKA}.`,
  pull: `\`up\` and the bare server are processes of their own. The topic is filled before; a measurement ends with its time or with a fixed number of messages, whichever comes first. ${KAFKA}.`,
  push: '`up`, the bare loop and the receiver of both are processes of their own. The topic is filled before. The receiver speaks as little HTTP as it must, over plain sockets, and looks at every message; the star tells of it, as it takes the load instead of making it.',
  delay: `The delay service, or the whole of \`up\`, is a process of its own. What is due at once is measured by count: ${COUNTED}. On Kafka the process of the scenario writes the delayed messages into the table itself, past the producer proxy, and reads the log itself; to \`up\` it sends them by Thrift, and pulls them. The index alone and its rebuilding are measured by a fixed number of messages, a takeover by how long it takes. ${KAFKA}.`,
}

export function methodOf(area: string): string | undefined {
  return METHODS[area]
}
