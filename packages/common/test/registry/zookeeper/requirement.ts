/** What follows the title of a suite that needs a real ZooKeeper and is skipped without one. */
export function needs(reason: string | undefined): string {
  return reason === undefined ? '' : ` (needs ZooKeeper 3.9: ${reason})`
}
