import { defineError } from '../../errors/index.ts'

/** The optional package `zookeeper` is not there: it could not be compiled when the packages were installed. */
export class ZooKeeperClientMissingError extends defineError('REGISTRY_CLIENT_MISSING', {
  retryable: false,
  httpStatus: 500,
}) {}

/** What a server answered to one request, other than success. Does not leave the adapter. */
export class ZooKeeperCodeError extends Error {
  readonly rc: number

  constructor(rc: number, message: string) {
    super(message)
    this.rc = rc
  }
}

/** The session ended before the answer came: a request may have taken effect or not. Does not leave the adapter. */
export class SessionLostError extends Error {}

/** Result codes of the C client that something here decides by. */
export const RC = {
  ok: 0,
  connectionLoss: -4,
  operationTimeout: -7,
  badArguments: -8,
  invalidState: -9,
  noNode: -101,
  noAuth: -102,
  badVersion: -103,
  nodeExists: -110,
  notEmpty: -111,
  sessionExpired: -112,
  authFailed: -115,
  closing: -116,
  sessionMoved: -118,
} as const

const SESSION_ENDED: ReadonlySet<number> = new Set([
  RC.connectionLoss,
  RC.operationTimeout,
  RC.invalidState,
  RC.sessionExpired,
  RC.authFailed,
  RC.closing,
  RC.sessionMoved,
])

/** Whether a result says that nothing more can be asked in this session. */
export function endsSession(rc: number): boolean {
  return SESSION_ENDED.has(rc)
}

/** Whether a request failed with one of these codes. */
export function hasCode(thrown: unknown, ...codes: readonly number[]): boolean {
  return thrown instanceof ZooKeeperCodeError && codes.includes(thrown.rc)
}
