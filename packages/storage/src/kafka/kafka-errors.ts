/** What brokers and the client library answer, read here and nowhere else. */
import { AuthenticationError, protocolErrorsCodesById, ResponseError, UserError } from '@platformatic/kafka'
import { StorageError, type StorageErrorKind } from '../errors.ts'

/** Code of an answer that is none. */
export const NO_ERROR = 0

/** Kafka's name of an error code, such as `NOT_LEADER_OR_FOLLOWER`. */
export function codeName(code: number): string {
  return protocolErrorsCodesById[code] ?? `error ${code}`
}

/** Somebody else leads, or nobody yet: ask for the leaders anew and try again. Nothing was stored. */
const STALE_LEADER: ReadonlySet<string> = new Set([
  'UNKNOWN_TOPIC_OR_PARTITION',
  'UNKNOWN_TOPIC_ID',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_OR_FOLLOWER',
  'REPLICA_NOT_AVAILABLE',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'KAFKA_STORAGE_ERROR',
  'OFFSET_NOT_AVAILABLE',
  'INCONSISTENT_TOPIC_ID',
])

const STALE_COORDINATOR: ReadonlySet<string> = new Set([
  'COORDINATOR_NOT_AVAILABLE',
  'NOT_COORDINATOR',
  'COORDINATOR_LOAD_IN_PROGRESS',
])

/** The same request may succeed in a moment. Nothing took effect. */
const PASSING: ReadonlySet<string> = new Set([
  ...STALE_LEADER,
  ...STALE_COORDINATOR,
  'NOT_ENOUGH_REPLICAS',
  'BROKER_NOT_AVAILABLE',
  'NOT_CONTROLLER',
  'THROTTLING_QUOTA_EXCEEDED',
  'CONCURRENT_TRANSACTIONS',
  'UNSTABLE_OFFSET_COMMIT',
  'REBALANCE_IN_PROGRESS',
  'ELIGIBLE_LEADERS_NOT_AVAILABLE',
  'FETCH_SESSION_ID_NOT_FOUND',
  'INVALID_FETCH_SESSION_EPOCH',
  'REASSIGNMENT_IN_PROGRESS',
])

/** It may have taken effect. */
const AMBIGUOUS: ReadonlySet<string> = new Set([
  'REQUEST_TIMED_OUT',
  'NETWORK_EXCEPTION',
  'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  'UNKNOWN_SERVER_ERROR',
])

const KINDS: Readonly<Record<string, StorageErrorKind>> = {
  OFFSET_OUT_OF_RANGE: 'offsetOutOfRange',
  MESSAGE_TOO_LARGE: 'tooLarge',
  RECORD_LIST_TOO_LARGE: 'tooLarge',
  TOPIC_ALREADY_EXISTS: 'topicExists',
  UNKNOWN_TOPIC_OR_PARTITION: 'unknownTopic',
  UNKNOWN_TOPIC_ID: 'unknownTopic',
  ILLEGAL_GENERATION: 'fenced',
  UNKNOWN_MEMBER_ID: 'fenced',
  FENCED_INSTANCE_ID: 'fenced',
  PRODUCER_FENCED: 'fenced',
  INVALID_PRODUCER_EPOCH: 'fenced',
  CORRUPT_MESSAGE: 'corrupt',
  // The operator's to mend, and then the same call succeeds.
  TOPIC_AUTHORIZATION_FAILED: 'unavailable',
  GROUP_AUTHORIZATION_FAILED: 'unavailable',
  CLUSTER_AUTHORIZATION_FAILED: 'unavailable',
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: 'unavailable',
  SASL_AUTHENTICATION_FAILED: 'unavailable',
}

export function isStaleCoordinator(code: number): boolean {
  return STALE_COORDINATOR.has(codeName(code))
}

export function isPassing(code: number): boolean {
  return PASSING.has(codeName(code))
}

export function isAmbiguous(code: number): boolean {
  return AMBIGUOUS.has(codeName(code))
}

const OF_TOPIC: ReadonlySet<string> = new Set([
  'TOPIC_AUTHORIZATION_FAILED',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'UNKNOWN_TOPIC_ID',
])

/** It is the topic's fault, whoever says it. */
export function isOfTopic(code: number): boolean {
  return OF_TOPIC.has(codeName(code))
}

/** An ACL is missing. */
export function isDenial(code: number): boolean {
  return codeName(code).endsWith('_AUTHORIZATION_FAILED')
}

/** That is what an answer said, wherever it was asked. */
export function isDenied(thrown: unknown): thrown is StorageError {
  const code: unknown = thrown instanceof StorageError ? thrown.details['kafkaCode'] : undefined
  return typeof code === 'number' && isDenial(code)
}

/** The one classification of an error code; `what` says what was asked of whom. */
export function errorOfCode(code: number, what: string, message?: string | null): StorageError {
  const name = codeName(code)
  const text = `${what}: ${name}${message ? ` (${message})` : ''}`
  return new StorageError(kindOf(name), text, { details: { kafkaCode: code } })
}

function kindOf(name: string): StorageErrorKind {
  const kind = KINDS[name]
  if (kind !== undefined) return kind
  if (AMBIGUOUS.has(name)) return 'outcomeUnknown'
  return PASSING.has(name) ? 'retriable' : 'invalid'
}

/** Wrong user, password or token; trying again at once is of no use. */
export function isAuthenticationFailure(thrown: unknown): boolean {
  return causes(thrown).some(cause => cause instanceof AuthenticationError)
}

/** What went wrong with a connection, in one line without secrets. */
export function describeConnectionFailure(thrown: unknown): string {
  const all = causes(thrown)
  if (isAuthenticationFailure(thrown)) {
    const said = all.map(cause => serverMessage(cause)).find(message => message !== undefined)
    return `authentication failed${said === undefined ? '' : `: ${said}`}`
  }
  const told =
    all.find(cause => cause instanceof StorageError) ?? all.findLast(cause => cause instanceof UserError)
  const deepest = told ?? all.at(-1)
  const text = deepest instanceof Error ? reasonOf(deepest) : String(deepest)
  return text === 'Connection closed' ? CLOSED_UNASKED : text.replaceAll(/\s*\n\s*/g, ' ').trim()
}

/** Kafka says no more to a client that speaks otherwise than a listener expects. */
const CLOSED_UNASKED =
  'the broker closed the connection without an answer; its listener may expect TLS, a login or a client certificate'

/** The TLS library puts its own source line into the message, and what is wrong into `reason`. */
function reasonOf(error: Error): string {
  const reason: unknown = Reflect.get(error, 'reason')
  const code = String(Reflect.get(error, 'code'))
  if (typeof reason === 'string' && code.startsWith('ERR_SSL_')) return `TLS: ${reason}`
  return error.message || code
}

function serverMessage(thrown: unknown): string | undefined {
  const message: unknown = thrown instanceof Error ? Reflect.get(thrown, 'serverErrorMessage') : undefined
  return typeof message === 'string' && message !== '' ? message : undefined
}

/** An error with everything it was caused by, outermost first. */
function causes(thrown: unknown): readonly unknown[] {
  const inner: readonly unknown[] =
    thrown instanceof AggregateError ? thrown.errors : thrown instanceof Error ? [thrown.cause] : []
  return [thrown, ...inner.filter(cause => cause !== undefined).flatMap(causes)]
}

/** The answer of a broker that the library throws because a code in it is an error; undefined for anything else. */
export function answerIn(thrown: unknown): unknown {
  return thrown instanceof ResponseError ? Reflect.get(thrown, 'response') : undefined
}
