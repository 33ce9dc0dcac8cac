export {
  DdmqError,
  type DdmqErrorOptions,
  defineError,
  describeError,
  type ErrorTraits,
  findError,
} from './ddmq-error.ts'
