export { type ThriftReader, ThriftType, type ThriftWriter } from './codec.ts'
export type { ArgsOf, CallContext, ReturnOf, ThriftHandlers, ThriftMethod, ThriftService } from './service.ts'
