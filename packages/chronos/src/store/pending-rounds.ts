import type { MessageName } from '@ddmq/storage/delay'
import type { IndexWrite } from './index-parts.ts'
import type { ShardKeys } from './keys.ts'
import type { KnownRound } from './known-rounds.ts'
import { contentBytes } from './round-codec.ts'

/** One place where a round of a message can wait. */
export interface PendingPlace {
  readonly topic: string
  readonly name: MessageName
  readonly dueMs: number
  readonly isAside: boolean
}

export function putPending(to: IndexWrite, place: PendingPlace, value: Buffer): void {
  const { topic, name, dueMs, isAside } = place
  const bytes = contentBytes(value)
  placeRound(to, place, value)
  to.backlog.add(topic, dueMs, bytes)
  if (isAside) to.aside.add(topic, dueMs)
  to.state.largestBytes = Math.max(to.state.largestBytes, bytes)
  to.known.forget(name)
}

/** `known`: what was read of it, if it was and has not changed since. */
export function removePending(
  to: IndexWrite,
  place: PendingPlace,
  { bytes, known }: { readonly bytes: number; readonly known: KnownRound | undefined },
): void {
  const { topic, name, dueMs, isAside } = place
  const isOfRun = !isAside && known !== undefined && known.dueMs === dueMs && to.scanned.remove(known)
  if (!isOfRun) to.batch.delete(keyOf(to.keys, place))
  to.backlog.remove(topic, dueMs, bytes)
  if (isAside) to.aside.remove(topic)
  to.known.forget(name)
}

/** From among those that wait to those that are set aside, or back. */
export function movePending(to: IndexWrite, place: PendingPlace, value: Buffer): void {
  const { topic, dueMs, isAside } = place
  to.batch.delete(keyOf(to.keys, place))
  placeRound(to, { ...place, isAside: !isAside }, value)
  if (isAside) to.aside.remove(topic)
  else to.aside.add(topic, dueMs)
}

export function keyOf(keys: ShardKeys, { topic, name, dueMs, isAside }: PendingPlace): Buffer {
  return isAside ? keys.aside(topic, dueMs, name) : keys.pending(dueMs, name)
}

function placeRound(to: IndexWrite, place: PendingPlace, value: Buffer): void {
  const { keys, batch, state, scanned } = to
  if (!place.isAside) scanned.put(place.dueMs, to)
  batch.put(keyOf(keys, place), value)
  if (!place.isAside) state.low.pending = Math.min(state.low.pending, place.dueMs)
}
