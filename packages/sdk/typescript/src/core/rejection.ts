import { ResultCode } from './result-code.ts'

/** Why a message is refused before any I/O, with the code the server would have answered. */
export class Rejection {
  readonly code: number
  readonly message: string

  constructor(code: number, message: string) {
    this.code = code
    this.message = message
  }
}

export function illegal(message: string): Rejection {
  return new Rejection(ResultCode.ILLEGAL_MESSAGE, message)
}
