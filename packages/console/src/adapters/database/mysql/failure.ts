/**
 * What a failure of the server or of the connection to it means for the caller. Said here once.
 *
 * - `lost`: the connection is gone; a statement under way may have been done.
 * - `unreachable`: no connection could be made; nothing was done.
 * - `readOnly`: the server takes no writes; nothing was done, and another one may be the primary now.
 * - `conflict`: the server rolled the transaction back; it may be run again.
 * - `lockTimeout`: the statement gave up waiting for another transaction; what came before it still stands.
 * - `duplicate`, `unfit`: the row breaks a rule of its table.
 * - `refused`: the account or the database is not what the configuration says.
 */
export type FailureKind =
  | 'lost'
  | 'unreachable'
  | 'readOnly'
  | 'conflict'
  | 'lockTimeout'
  | 'duplicate'
  | 'unfit'
  | 'refused'
  | 'other'

const KINDS: Readonly<Record<string, FailureKind>> = {
  PROTOCOL_CONNECTION_LOST: 'lost',
  ECONNRESET: 'lost',
  EPIPE: 'lost',
  DDMQ_QUERY_TIMEOUT: 'lost',
  ER_SERVER_SHUTDOWN: 'lost',
  ER_CONNECTION_KILLED: 'lost',
  ER_CLIENT_INTERACTION_TIMEOUT: 'lost',
  ER_QUERY_INTERRUPTED: 'lost',
  ECONNREFUSED: 'unreachable',
  ETIMEDOUT: 'unreachable',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  ENOTFOUND: 'unreachable',
  EAI_AGAIN: 'unreachable',
  ER_CON_COUNT_ERROR: 'unreachable',
  ER_TOO_MANY_USER_CONNECTIONS: 'unreachable',
  ER_HOST_IS_BLOCKED: 'unreachable',
  ER_OPTION_PREVENTS_STATEMENT: 'readOnly',
  ER_READ_ONLY_MODE: 'readOnly',
  ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION: 'readOnly',
  ER_LOCK_DEADLOCK: 'conflict',
  ER_CHECKREAD: 'conflict',
  ER_LOCK_WAIT_TIMEOUT: 'lockTimeout',
  ER_DUP_ENTRY: 'duplicate',
  ER_DATA_TOO_LONG: 'unfit',
  ER_TRUNCATED_WRONG_VALUE_FOR_FIELD: 'unfit',
  ER_WARN_DATA_OUT_OF_RANGE: 'unfit',
  ER_ACCESS_DENIED_ERROR: 'refused',
  ER_ACCESS_DENIED_NO_PASSWORD_ERROR: 'refused',
  ER_DBACCESS_DENIED_ERROR: 'refused',
  ER_TABLEACCESS_DENIED_ERROR: 'refused',
  ER_COLUMNACCESS_DENIED_ERROR: 'refused',
  ER_SPECIFIC_ACCESS_DENIED_ERROR: 'refused',
  ER_BAD_DB_ERROR: 'refused',
  ER_MUST_CHANGE_PASSWORD: 'refused',
  ER_MUST_CHANGE_PASSWORD_LOGIN: 'refused',
  ER_NOT_SUPPORTED_AUTH_MODE: 'refused',
  AUTH_SWITCH_PLUGIN_ERROR: 'refused',
  HANDSHAKE_NO_SSL_SUPPORT: 'refused',
  HANDSHAKE_SSL_ERROR: 'refused',
}

export function failureKind(thrown: unknown): FailureKind {
  if (!(thrown instanceof Error)) return 'other'
  const code: unknown = Reflect.get(thrown, 'code')
  const known = typeof code === 'string' ? KINDS[code] : undefined
  if (known !== undefined) return known
  return Reflect.get(thrown, 'fatal') === true ? 'lost' : 'other'
}
