/** Hot path: once per message. */
const MAX_KEY_LENGTH = 255
const MAX_TAGS_LENGTH = 255

/** Names a RocketMQ broker keeps for itself; a property of that name would change how the record is treated. */
const RESERVED_PROPERTIES: ReadonlySet<string> = new Set(
  (
    'KEYS TAGS WAIT DELAY RETRY_TOPIC REAL_TOPIC REAL_QID TRAN_MSG PGROUP MIN_OFFSET MAX_OFFSET BUYER_ID ' +
    'ORIGIN_MESSAGE_ID TRANSFER_FLAG CORRECTION_FLAG MQ2_FLAG RECONSUME_TIME MSG_REGION TRACE_ON UNIQ_KEY ' +
    'MAX_RECONSUME_TIMES CONSUME_START_TIME'
  ).split(' '),
)

/** RocketMQ separates properties with these and does not escape them: inside a text they would inject properties. */
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const SEPARATORS = /[\u0001\u0002]/

/** What of a message is checked; a delay message has no key. */
export interface CheckedMessage {
  readonly key?: string | undefined
  readonly tags: string | undefined
  readonly properties: ReadonlyMap<string, string> | undefined
}

export interface ValidationRules {
  /** Topics that begin so belong to the delay service; blank: there are none. */
  readonly innerTopicPrefix: string
  readonly maxBodyBytes: number
}

/** Why a message is refused with 11, or undefined: the rules of producer-proxy.md §6 in their order. */
export function problemOfMessage(
  topic: string | undefined,
  message: CheckedMessage,
  body: Uint8Array | undefined,
  rules: ValidationRules,
): string | undefined {
  return (
    problemOfText('key', message.key, MAX_KEY_LENGTH) ??
    problemOfText('tags', message.tags, MAX_TAGS_LENGTH) ??
    problemOfProperties(message.properties) ??
    problemOfTopic(topic, rules.innerTopicPrefix) ??
    problemOfBody(body, rules.maxBodyBytes)
  )
}

function problemOfText(what: string, text: string | undefined, maxLength: number): string | undefined {
  if (text === undefined || text.length === 0) return undefined
  if (text.length > maxLength)
    return `${what} has ${text.length} characters, at most ${maxLength} are allowed`
  return SEPARATORS.test(text) ? `${what} contains U+0001 or U+0002` : undefined
}

function problemOfProperties(properties: ReadonlyMap<string, string> | undefined): string | undefined {
  if (properties === undefined) return undefined
  for (const [name, value] of properties) {
    if (RESERVED_PROPERTIES.has(name)) return `property name ${name} is reserved`
    if (isBlank(name)) return 'a property name is blank'
    if (isBlank(value)) return `the value of property ${JSON.stringify(name.slice(0, 64))} is blank`
    if (SEPARATORS.test(name) || SEPARATORS.test(value)) {
      return `property ${JSON.stringify(name.slice(0, 64))} contains U+0001 or U+0002`
    }
  }
  return undefined
}

function problemOfTopic(topic: string | undefined, innerTopicPrefix: string): string | undefined {
  if (topic === undefined || topic === '') return 'topic is missing'
  if (isBlank(innerTopicPrefix) || !topic.startsWith(innerTopicPrefix)) return undefined
  return `topics that begin with ${innerTopicPrefix} belong to the delay service`
}

function problemOfBody(body: Uint8Array | undefined, maxBodyBytes: number): string | undefined {
  if (body === undefined || body.length === 0) return 'body is empty'
  if (body.length <= maxBodyBytes) return undefined
  return `body has ${body.length} bytes, at most ${maxBodyBytes} are allowed`
}

function isBlank(text: string): boolean {
  return text.trim() === ''
}
