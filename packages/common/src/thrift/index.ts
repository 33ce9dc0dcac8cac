export { ApplicationExceptionType } from './application-exception.ts'
export { BinaryReader } from './binary-reader.ts'
export { BinaryWriter } from './binary-writer.ts'
export { type ThriftReader, ThriftType, type ThriftWriter } from './codec.ts'
export { CompactReader } from './compact-reader.ts'
export { CompactWriter } from './compact-writer.ts'
export {
  ApplicationError,
  BadHeaderError,
  DeclaredExceptionError,
  FrameSizeError,
  LimitExceededError,
  ListenFailedError,
  MalformedError,
  MissingFieldError,
  NotSentError,
  OutcomeUnknownError,
  TruncatedError,
  ValueOutOfRangeError,
} from './errors.ts'
export { MessageType, type ProtocolName, type ProtocolReader, type ProtocolWriter } from './protocol.ts'
export type { ArgsOf, CallContext, ReturnOf, ThriftHandlers, ThriftMethod, ThriftService } from './service.ts'
export { type CallOptions, type ConnectOptions, ThriftConnection } from './thrift-connection.ts'
export { ThriftServer, type ThriftServerLimits, type ThriftServerOptions } from './thrift-server.ts'
