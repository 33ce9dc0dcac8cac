import { AuthenticationError, findErrorBy, protocolErrors } from '@platformatic/kafka'
import { StorageError, type StorageErrorKind } from '../errors.ts'
import { codeName } from './kafka-errors.ts'

/**
 * What a failed call of a group means for its member.
 *
 * - nameGiven: it is to join again with the name in `memberId`.
 * - rebalance: the next generation is being formed; join again.
 * - stale: said in a generation that is over, by somebody who is still in the group.
 * - unknownMember, instanceFenced: it is not in the group any more.
 * - noCoordinator: who was asked does not serve the group, so nothing took effect. Somebody else may serve it.
 * - unstable: an open transaction holds the offsets asked for.
 * - refused: it will not succeed by being said again.
 * - silence: no answer.
 */
export type GroupProblemReason =
  | 'nameGiven'
  | 'rebalance'
  | 'stale'
  | 'unknownMember'
  | 'instanceFenced'
  | 'noCoordinator'
  | 'unstable'
  | 'refused'
  | 'silence'

const REASONS: Readonly<Record<string, GroupProblemReason>> = {
  MEMBER_ID_REQUIRED: 'nameGiven',
  REBALANCE_IN_PROGRESS: 'rebalance',
  ILLEGAL_GENERATION: 'stale',
  UNKNOWN_MEMBER_ID: 'unknownMember',
  FENCED_INSTANCE_ID: 'instanceFenced',
  NOT_COORDINATOR: 'noCoordinator',
  COORDINATOR_NOT_AVAILABLE: 'noCoordinator',
  COORDINATOR_LOAD_IN_PROGRESS: 'noCoordinator',
  UNSTABLE_OFFSET_COMMIT: 'unstable',
  REQUEST_TIMED_OUT: 'silence',
  UNKNOWN_SERVER_ERROR: 'silence',
}

/** Of what is refused; everything else is the caller's to mend. */
const KINDS: Readonly<Record<string, StorageErrorKind>> = {
  UNKNOWN_TOPIC_OR_PARTITION: 'unknownTopic',
  OFFSET_METADATA_TOO_LARGE: 'tooLarge',
  GROUP_AUTHORIZATION_FAILED: 'unavailable',
  TOPIC_AUTHORIZATION_FAILED: 'unavailable',
  SASL_AUTHENTICATION_FAILED: 'unavailable',
  GROUP_MAX_SIZE_REACHED: 'unavailable',
}

export class GroupProblem extends Error {
  readonly reason: GroupProblemReason
  /** Kafka's name of the error, where a broker answered one. */
  readonly answer: string | undefined
  /** With `nameGiven`. */
  readonly memberId: string | undefined

  constructor(
    reason: GroupProblemReason,
    message: string,
    options: { readonly cause?: unknown; readonly answer?: string; readonly memberId?: string } = {},
  ) {
    super(message, { cause: options.cause })
    this.reason = reason
    this.answer = options.answer
    this.memberId = options.memberId
  }
}

/** Its partitions may be others'. */
export function isFencing({ reason }: GroupProblem): boolean {
  return reason === 'unknownMember' || reason === 'instanceFenced'
}

export function toStorageError(problem: GroupProblem): StorageError {
  const { reason, answer = '', message } = problem
  const kind = reason === 'refused' ? (KINDS[answer] ?? 'invalid') : 'unavailable'
  return new StorageError(kind, message, { cause: problem })
}

export function groupProblem(thrown: unknown, what: string): GroupProblem {
  if (thrown instanceof GroupProblem) return thrown
  const answer = answerOf(thrown)
  if (answer !== undefined) {
    const memberId = thrown instanceof Error ? memberIdIn(thrown) : undefined
    return new GroupProblem(REASONS[answer] ?? 'refused', `${what}: ${answer}`, {
      cause: thrown,
      answer,
      ...(memberId === undefined ? {} : { memberId }),
    })
  }
  const text = thrown instanceof Error ? thrown.message : String(thrown)
  return new GroupProblem(isRefusedConnection(thrown) ? 'noCoordinator' : 'silence', `${what}: ${text}`, {
    cause: thrown,
  })
}

/** Kafka's name of the first error code in an answer. */
function answerOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error)) return undefined
  if (thrown instanceof AuthenticationError) return 'SASL_AUTHENTICATION_FAILED'
  if (thrown instanceof StorageError) return codeIn(thrown)
  return Object.keys(protocolErrors).find(name => findErrorBy(thrown, 'apiId', name) !== null)
}

/** Of an answer that the client has classified, such as who coordinates the group. */
function codeIn({ details }: StorageError): string | undefined {
  const code = details['kafkaCode']
  return typeof code === 'number' ? codeName(code) : undefined
}

function memberIdIn(thrown: Error): string | undefined {
  const response: unknown = Reflect.get(thrown, 'response')
  const memberId: unknown =
    response !== null && typeof response === 'object' ? Reflect.get(response, 'memberId') : undefined
  return typeof memberId === 'string' && memberId !== '' ? memberId : undefined
}

/** No process listens there, so nothing was sent. */
function isRefusedConnection(thrown: unknown): boolean {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    if (Reflect.get(error, 'code') === 'ECONNREFUSED') return true
    if (error instanceof AggregateError && error.errors.some(isRefusedConnection)) return true
  }
  return false
}
