import { defineError } from '../errors/index.ts'

/** A document does not fit its schema or breaks a rule; the message names field and reason. Nothing was written or applied. */
export class DocumentInvalidError extends defineError('REGISTRY_DOCUMENT_INVALID', {
  retryable: false,
  httpStatus: 400,
}) {}

/** The node is at another version than expected: somebody else wrote. Read it again, then decide. */
export class VersionConflictError extends defineError('REGISTRY_VERSION_CONFLICT', {
  retryable: false,
  httpStatus: 409,
}) {}

/** A name no node can have: empty, longer than 255 characters, or not well-formed text. */
export class NodeNameInvalidError extends defineError('REGISTRY_NAME_INVALID', {
  retryable: false,
  httpStatus: 400,
}) {}

/** A listener tried to write the node it is being called for and would wait for itself. A bug of the caller. */
export class ReentrantWriteError extends defineError('REGISTRY_REENTRANT_WRITE', {
  retryable: false,
  httpStatus: 500,
}) {}

/** The registry is not started or already stopped. */
export class RegistryClosedError extends defineError('REGISTRY_CLOSED', {
  retryable: false,
  httpStatus: 503,
}) {}

/** The tree cannot be reached now. Nothing was decided about a read; a write may have taken effect when the details say so. */
export class RegistryUnavailableError extends defineError('REGISTRY_UNAVAILABLE', {
  retryable: true,
  httpStatus: 503,
}) {}

/** The tree was reached and refuses: wrong user or password, a node whose ACL leaves this user out, children in the way. */
export class RegistryRefusedError extends defineError('REGISTRY_REFUSED', {
  retryable: false,
  httpStatus: 502,
}) {}

/** The document does not fit into a node. Nothing was written; make it smaller, or raise the limit on all servers. */
export class DocumentTooLargeError extends defineError('REGISTRY_DOCUMENT_TOO_LARGE', {
  retryable: false,
  httpStatus: 413,
}) {}
