// The service consumers speak to (consumer-proxy.md §4): framed transport, compact protocol, port 9713 by convention.
// One request at a time per connection.

namespace java com.xiaojukeji.carrera.thrift.consumer
namespace go CarreraConsumer
namespace cpp CarreraConsumer

const string PRESSURE_TRAFFIC_KEY = "isPressureTraffic"
const string PRESSURE_TRAFFIC_ENABLE = "true"
const string PRESSURE_TRAFFIC_DISABLE = "false"
const string TRACE_ID = "traceId"
const string SPAN_ID = "spanId"
const string CARRERA_HEADERS = "carrera_headers"

struct Message {
  1: string key
  2: binary value
  3: string tag
  4: i64 offset
  5: optional map<string, string> properties
}

// Where messages came from. Clients send it back with their results, unread. A qid names one partition of one cluster.
struct Context {
  1: string groupId
  2: string topic
  3: string qid
}

// What became of the messages of one context, and of those of further contexts.
struct ConsumeResult {
  1: Context context
  3: list<i64> successOffsets
  4: list<i64> failOffsets
  10: optional ConsumeResult nextResult
}

struct PullRequest {
  1: required string groupId
  // Absent = any topic of the group.
  2: optional string topic
  10: optional i32 maxBatchSize
  // Milliseconds the server may wait for messages.
  11: optional i32 maxLingerTime
  // Results of earlier pulls, applied before messages are chosen.
  50: optional ConsumeResult result
  60: optional string version
}

// All messages are of the one topic and qid in `context`. Both are present even when there is nothing to deliver.
struct PullResponse {
  1: Context context
  2: list<Message> messages
}

struct ConsumeStatsRequest {
  1: required string group
  // Absent = every topic of the group.
  2: optional string topic
  3: optional string version
}

// Per cluster and topic: qid -> committed offset, and qid -> end of the log.
struct ConsumeStats {
  1: string group
  2: string topic
  3: map<string, i64> consumeOffsets
  4: map<string, i64> produceOffsets
}

// Low-level consumption: the client keeps the positions.
struct FetchRequest {
  // One per member; partitions are spread over the members of a group.
  1: required string consumerId
  2: required string groupId
  3: required string cluster
  // topic -> qid -> first offset to deliver; also confirms everything before it.
  4: optional map<string, map<string, i64>> fetchOffset
  10: optional i32 maxBatchSize
  11: optional i32 maxLingerTime
  60: optional string version
}

struct QidResponse {
  1: required string topic
  2: required string qid
  3: optional i64 nextRequestOffset
  10: required list<Message> messages
}

struct FetchResponse {
  // Never set.
  1: optional i32 code
  10: required list<QidResponse> results
}

struct AckResult {
  1: required string consumerId
  2: required string groupId
  3: required string cluster
  // topic -> qid -> next offset to consume.
  4: required map<string, map<string, i64>> offsets
}

// For conditions the original never reported; ordinary ones are answered with empty results.
exception PullException {
  1: i32 code
  2: string message
}

service ConsumerService {
  PullResponse pull(1: PullRequest request) throws (1: PullException error)
  bool submit(1: ConsumeResult result) throws (1: PullException error)
  list<ConsumeStats> getConsumeStats(1: ConsumeStatsRequest request) throws (1: PullException error)
  FetchResponse fetch(1: FetchRequest request)
  bool ack(1: AckResult result)
}
