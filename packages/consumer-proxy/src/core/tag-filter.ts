/**
 * Does a message with these tags belong to a subscription with this filter? An absent or empty filter, or one that holds
 * `*`, takes everything; an element may list several tags as `a||b` (consumer-proxy.md §2.5).
 */
export function matchesTags(filter: readonly string[] | undefined, tags: string | undefined): boolean {
  if (filter === undefined || filter.length === 0) return true
  for (const element of filter) {
    for (const wanted of element.split('||')) {
      const tag = wanted.trim()
      if (tag === '*' || tag === '' || tag === tags) return true
    }
  }
  return false
}
