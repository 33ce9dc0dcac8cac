import type { Figure, Unit } from './scenario.ts'

/** What a busy load generator distorts. CPU time and memory are the server's own, whoever limits the rate. */
const DISTORTED: readonly Unit[] = ['/s', 'ms', 's']
/** The last word of a key; how long the server's event loop was held up is the server's own too, though it is a time. */
const EVENT_LOOP = /(?:^|\.)eventLoop[^.]*$/

/**
 * Whether the generator may have been what limited a figure. `saturated` names sides, or `side case` where only one case of a side was:
 * the keys of its figures begin with the case and a dot.
 */
export function isLimitedByGenerator({ key, unit, against }: Figure, saturated: readonly string[]): boolean {
  if (!DISTORTED.includes(unit) || EVENT_LOOP.test(key)) return false
  const sides = ['ours', ...(against === undefined ? [] : [against])]
  return saturated.some(name =>
    sides.some(
      side =>
        name === side || (name.startsWith(`${side} `) && key.startsWith(`${name.slice(side.length + 1)}.`)),
    ),
  )
}
