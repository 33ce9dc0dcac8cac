import type { Documents } from '@ddmq/common/registry'
import { addressOf } from '../addresses.ts'
import { groupNamed, topicNamed } from '../lookups.ts'
import type { Inventory, ProxyKind } from '../model.ts'
import type { TouchedDocument } from '../ports.ts'
import { groupDocument } from './group-document.ts'
import { brokerDocument, cproxyDocument, pproxyDocument } from './proxy-documents.ts'
import { topicDocument } from './topic-document.ts'

export type WantedDocument = {
  [Kind in keyof Documents]: { readonly kind: Kind; readonly document: Documents[Kind] }
}[keyof Documents]

/** What a node of the config tree is to hold; `leave` where the rows say nothing about it. */
export type Wanted = WantedDocument | 'absent' | 'leave'

/**
 * A function of the rows alone; `isWithdrawn` is one of what they say. Throws where they make no document that proxies
 * accept.
 */
export function wantedDocument(
  inventory: Inventory,
  { kind, name }: TouchedDocument,
  isWithdrawn: boolean,
): Wanted {
  if (kind === 'topic') {
    const topic = topicNamed(inventory, name)
    const document = topic && topicDocument(inventory, topic)
    return document === undefined ? 'absent' : { kind, document }
  }
  if (kind === 'group') {
    const group = groupNamed(inventory, name)
    const document = group && groupDocument(inventory, group)
    return document === undefined ? 'absent' : { kind, document }
  }
  const document = kind === 'broker' ? wantedBroker(inventory, name) : wantedProxy(inventory, kind, name)
  return document ?? (isWithdrawn ? 'absent' : 'leave')
}

function wantedBroker(inventory: Inventory, name: string): Wanted | undefined {
  const mqServer = inventory.mqServers.find(candidate => candidate.name === name)
  return mqServer && { kind: 'broker', document: brokerDocument(inventory, mqServer) }
}

/** A proxy whose cluster is bound to no broker cluster has no document. */
function wantedProxy(inventory: Inventory, kind: ProxyKind, name: string): Wanted | undefined {
  const node = inventory.nodes.find(candidate => candidate.kind === kind && addressOf(candidate) === name)
  if (node === undefined) return undefined
  if (kind === 'pproxy') {
    const document = pproxyDocument(inventory, node)
    return document === undefined ? 'leave' : { kind, document }
  }
  const document = cproxyDocument(inventory, node)
  return document === undefined ? 'leave' : { kind, document }
}
