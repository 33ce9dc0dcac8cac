/**
 * Code that is not compiled yet costs several times more, and a service has much more of it than a loop: with 64 connections a send
 * costs `up` a third less in its twelfth second than in its third.
 */
const FIRST_SECONDS = { loop: 2, service: 12 } as const
/** At most so many times as long as what is measured: shorter in a quick report, which has five minutes, and in tests. */
const FIRST_SHARE = 6
/** What was compiled stays; what was idle meanwhile has to get going. */
const AGAIN_SECONDS = 0.3

/** How long each side is used once before any is measured, in seconds: as long as the slower to warm up needs. */
export function firstWarmUpSeconds(
  measuredSeconds: number,
  code: keyof typeof FIRST_SECONDS = 'loop',
): number {
  return Math.min(FIRST_SECONDS[code], FIRST_SHARE * measuredSeconds)
}

/** How long a side is used before each of its measurements, in seconds. */
export function warmUpSeconds(measuredSeconds: number): number {
  return Math.min(AGAIN_SECONDS, measuredSeconds)
}
