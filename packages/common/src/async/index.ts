export { ByteBudget } from './byte-budget.ts'
export { settledBefore } from './settled-before.ts'
export { TokenBucket } from './token-bucket.ts'
export { DeadlineExceededError, withDeadline } from './with-deadline.ts'
