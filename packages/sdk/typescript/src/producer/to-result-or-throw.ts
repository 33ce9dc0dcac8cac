import { isSuccess } from '../core/result-code.ts'
import { DdmqClientError } from '../errors.ts'
import type { DelayResult, SendResult } from './producer.ts'

/** For people who like exceptions: the result when it is a success, else throws `DdmqClientError` with its code. */
export function toResultOrThrow<Outcome extends SendResult | DelayResult>(result: Outcome): Outcome {
  if (isSuccess(result.code)) return result
  throw new DdmqClientError(result.code, `send failed with ${result.code}: ${result.message}`, {
    cause: result,
  })
}
