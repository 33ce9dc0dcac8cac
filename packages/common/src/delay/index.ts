export {
  DELAY_TYPES,
  type DelayId,
  type DelayIdProblem,
  type DelayType,
  formatDelayId,
  isDelayType,
  isLoopType,
  MAX_DELAY_NUMBER,
  MAX_DELAY_SECOND,
  parseDelayId,
} from './delay-id.ts'
export { javaStringHash } from './java-string-hash.ts'
export { firstRound, LONGEST_GAP_SECONDS, lastRound, latestRoundAt, roundOf } from './rounds.ts'
