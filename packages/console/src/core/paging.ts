export interface Page<Item> {
  readonly curPage: number
  readonly list: readonly Item[]
  readonly pageSize: number
  readonly totalPage: number
  readonly totalSize: number
}

/** One page of `items` (console.md §2.2): 1-based, a page beyond an end is the page at that end. `pageSize` ≥ 1. */
export function pageOf<Item>(items: readonly Item[], curPage: number, pageSize: number): Page<Item> {
  const totalSize = items.length
  const totalPage = Math.max(1, Math.ceil(totalSize / pageSize))
  const page = Math.min(Math.max(1, curPage), totalPage)
  return {
    curPage: page,
    list: items.slice((page - 1) * pageSize, page * pageSize),
    pageSize,
    totalPage,
    totalSize,
  }
}
