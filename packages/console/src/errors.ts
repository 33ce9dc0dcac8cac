import { defineError } from '@ddmq/common/errors'

/** The request breaks a rule; its message names the field and the reason. */
export class InvalidRequestError extends defineError('CONSOLE_INVALID', {
  retryable: false,
  httpStatus: 400,
}) {}

/** The thing named in the request does not exist. */
export class NotFoundError extends defineError('CONSOLE_NOT_FOUND', { retryable: false, httpStatus: 404 }) {}

/** The path is known but not with that method; the header `Allow` names those it takes. */
export class MethodNotAllowedError extends defineError('CONSOLE_METHOD_NOT_ALLOWED', {
  retryable: false,
  httpStatus: 405,
}) {}

/** The caller is known but the request came from another site. */
export class CrossSiteError extends defineError('CONSOLE_CROSS_SITE', {
  retryable: false,
  httpStatus: 403,
}) {}

/** Too many wrong passwords; the message says when to try again. */
export class TooManyAttemptsError extends defineError('CONSOLE_TOO_MANY_ATTEMPTS', {
  retryable: true,
  httpStatus: 429,
}) {}

/** The port cannot be listened on. */
export class ListenError extends defineError('CONSOLE_LISTEN_FAILED', { retryable: true, httpStatus: 503 }) {}

/** The broker cluster of a topic is not one this process is connected to. */
export class BrokerClusterError extends defineError('CONSOLE_BROKER_CLUSTER', {
  retryable: false,
  httpStatus: 400,
}) {}

/** The database does not answer, or does not take writes just now. Nothing was changed; the same call may succeed later. */
export class DatabaseUnavailableError extends defineError('CONSOLE_DATABASE_UNAVAILABLE', {
  retryable: true,
  httpStatus: 503,
}) {}

/** The database was lost before it said whether it stored a change. Look at what is there before asking for it again. */
export class DatabaseOutcomeUnknownError extends defineError('CONSOLE_DATABASE_OUTCOME_UNKNOWN', {
  retryable: false,
  httpStatus: 503,
}) {}

/** The database refuses the console: password, name of the database, rights, or certificate. Mend the configuration. */
export class DatabaseRefusedError extends defineError('CONSOLE_DATABASE_REFUSED', {
  retryable: false,
  httpStatus: 500,
}) {}

/** A newer version of the console has changed the schema of the database. Start that version. */
export class SchemaNewerError extends defineError('CONSOLE_DATABASE_NEWER', {
  retryable: false,
  httpStatus: 500,
}) {}

/** Rows of the database make no document that proxies accept; the message names it. Mend the rows. */
export class RowsUnusableError extends defineError('CONSOLE_ROWS_UNUSABLE', {
  retryable: false,
  httpStatus: 500,
}) {}

/** What was asked for is not in the config tree yet; it gets there by itself. */
export class NotPublishedError extends defineError('CONSOLE_NOT_PUBLISHED', {
  retryable: true,
  httpStatus: 503,
}) {}
