export { cancelUntilMs } from './cancel-until.ts'
export { delayDeadLetterTopic, delayTableSpec, delayTableTopic, RETRY_WINDOW_MS } from './delay-table.ts'
export {
  BARRIER_KEY,
  cancelKey,
  cancelName,
  type MessageName,
  messageKey,
  messageName,
  type NamedMessage,
  parseMessageName,
  parseTableKey,
  progressKey,
  type TableKey,
} from './table-key.ts'
export {
  barrierRecord,
  type Cancel,
  cancelledUntilMs,
  cancelRecord,
  type DelayedContent,
  firedRecord,
  messageRecord,
  type NextRound,
  nextRoundRecord,
  type Progress,
  progressOf,
  tombstone,
} from './table-record.ts'
