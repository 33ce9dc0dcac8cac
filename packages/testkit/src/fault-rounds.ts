/** How often a random fault is tried: a few times in every run, the full count with `./ddmq test --full`. */
export function faultRounds(usual: number, full: number): number {
  return process.env['DDMQ_TEST_FULL'] === '1' ? full : usual
}
