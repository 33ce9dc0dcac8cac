// The service producers speak to (producer-proxy.md §4): framed transport, compact protocol, port 9613 by convention.
// Nothing is required: a server accepts any subset of the fields and applies the defaults.

namespace java com.xiaojukeji.carrera.thrift
namespace php didi.carrera.producer.proxy
namespace go CarreraProducer
namespace cpp CarreraProducer

// Property keys with a meaning of their own.
const string PRESSURE_TRAFFIC_KEY = "isPressureTraffic"
const string PRESSURE_TRAFFIC_ENABLE = "true"
const string PRESSURE_TRAFFIC_DISABLE = "false"
const string TRACE_ID = "traceId"
const string SPAN_ID = "spanId"
// JSON object of HTTP headers for pushed messages.
const string CARRERA_HEADERS = "carrera_headers"

struct Message {
  1: string topic
  // For tracing and lookup, at most 255 characters.
  2: string key
  // Body as text; only used when `body` is absent.
  3: string value
  // Messages with the same hashId keep their order, when partitionId is -1.
  4: i64 hashId = 0
  // Several tags are joined by "||"; at most 255 characters.
  5: string tags
  // 0 and above: this partition; -1: by hashId; -2 and below: any.
  6: i32 partitionId = -1
  7: optional binary body
  // Version of the client, for logs.
  8: optional string version
  9: optional map<string, string> properties
}

struct Result {
  // 0 = stored; see the table of result codes.
  1: i32 code
  2: string msg
  // Never sent by a server; clients put the message's key here.
  3: optional string key
}

// Id 12 is unused.
struct DelayMessage {
  1: string topic
  // What to cancel: the id a DelayResult gave. Ignored when adding.
  2: optional string uniqDelayMsgId
  // Not empty, not even for a cancel.
  3: optional binary body
  4: string tags
  // 1 add, 2 cancel.
  5: i32 action
  // Due time, seconds since 1970.
  6: optional i64 timestamp
  // 2 once, 3 loop, 4 loop with growing pauses.
  7: optional i32 dmsgtype
  // Seconds between the rounds of a loop, or the base of the growing pauses.
  8: optional i64 interval
  // Last second of a loop.
  9: optional i64 expire
  // Rounds of a loop; 0 for type 2.
  10: optional i64 times
  // 36 characters in lower case, made by the client.
  11: optional string uuid
  // Added to the due time, 0 to 999. Servers that do not know it skip it.
  12: optional i32 milliseconds
  13: optional string version
  14: optional map<string, string> properties
}

struct DelayResult {
  1: i32 code
  2: string msg
  // Set when the message was added.
  3: string uniqDelayMsgId
}

service ProducerService {
  // `timeout` is in milliseconds; 0 = the server waits as long as it takes.
  Result sendSync(1: Message message, 2: i64 timeout)
  Result sendBatchSync(1: list<Message> messages)
  Result sendAsync(1: Message message)
  DelayResult sendDelaySync(1: DelayMessage delayMessage, 2: i64 timeout)
}
