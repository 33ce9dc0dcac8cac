import type { TableKey } from '@ddmq/storage/delay'

const SHAPE =
  /^(?<kind>[msc])\/(?<name>[a-zA-Z0-9._-]+\/\d{1,10}-[234]-\d+-\d+-0-\d+-\d+-[0-9a-z-]{36}(?<ms>\.[1-9]\d{0,2})?)(?:\/(?<round>\d{1,10}))?$/

/** What the grammar of keys says of a text: the reference that the parser, written by hand, is compared with. */
export function keyByGrammar(text: string): TableKey | undefined {
  if (text === 'b') return { kind: 'barrier' }
  const { kind, name, ms, round } = SHAPE.exec(text)?.groups ?? {}
  if (name === undefined || (kind === 'c') !== (round !== undefined)) return undefined
  if (round !== undefined)
    return ms === undefined ? { kind: 'cancel', name, round: Number(round) } : undefined
  return { kind: kind === 'm' ? 'message' : 'progress', name }
}
