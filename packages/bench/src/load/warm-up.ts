/** Code that is not compiled yet costs several times more. */
const FIRST_SECONDS = 2
/** Of what is measured, where that is short. */
const FIRST_SHARE = 4
/** What was compiled stays; what was idle meanwhile has to get going. */
const AGAIN_SECONDS = 0.3

/** How long each side is used once before any is measured, in seconds; less only in tests. */
export function firstWarmUpSeconds(measuredSeconds: number): number {
  return Math.min(FIRST_SECONDS, FIRST_SHARE * measuredSeconds)
}

/** How long a side is used before each of its measurements, in seconds. */
export function warmUpSeconds(measuredSeconds: number): number {
  return Math.min(AGAIN_SECONDS, measuredSeconds)
}
