import type { Circuit } from './circuit.ts'

/** What the choice needs to know of an endpoint. */
export interface Candidate {
  readonly circuit: Circuit
  /** Requests that wait for it or are under way. */
  readonly inFlight: number
}

/** How much an endpoint is wanted; only the best rank present is chosen from. */
const RANK: Readonly<Record<Circuit['kind'], number>> = {
  closed: 0,
  'half-open': 0,
  probing: 1,
  open: 1,
  draining: 2,
}

/**
 * Power of two choices on in-flight counts, among the endpoints of the best rank (sdk.md §19.2).
 *
 * I1 with at least one candidate there is always a choice: the last endpoint is never evicted;
 * I2 an endpoint that is not closed is chosen only when no closed one is left, except that a half-open one takes one
 *    request at a time;
 * I3 `avoid` (those this send already tried) is chosen only when nothing else of the same rank is left.
 */
export function selectEndpoint<Endpoint extends Candidate>(
  endpoints: readonly Endpoint[],
  avoid: readonly Endpoint[],
  random: () => number,
): Endpoint | undefined {
  if (endpoints.length === 1) return endpoints[0]
  let best: Endpoint[] = []
  let bestRank = Number.POSITIVE_INFINITY
  for (const endpoint of endpoints) {
    const rank = 2 * rankOf(endpoint) + (avoid.includes(endpoint) ? 1 : 0)
    if (rank < bestRank) {
      best = [endpoint]
      bestRank = rank
    } else if (rank === bestRank) best.push(endpoint)
  }
  return lighterOfTwo(best, random)
}

function rankOf(endpoint: Candidate): number {
  const busyTrial = endpoint.circuit.kind === 'half-open' && endpoint.inFlight > 0
  return busyTrial ? 1 : RANK[endpoint.circuit.kind]
}

function lighterOfTwo<Endpoint extends Candidate>(
  from: readonly Endpoint[],
  random: () => number,
): Endpoint | undefined {
  const firstIndex = Math.floor(random() * from.length)
  const first = from[firstIndex]
  if (from.length < 2) return first
  const second = from[(firstIndex + 1 + Math.floor(random() * (from.length - 1))) % from.length]
  if (first === undefined || second === undefined) return first
  return second.inFlight < first.inFlight ? second : first
}
