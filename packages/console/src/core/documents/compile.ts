import type { Documents } from '@ddmq/common/registry'
import { addressOf } from '../addresses.ts'
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

/** A function of the rows alone. Throws where they make no document that proxies accept. */
export function wantedDocument(inventory: Inventory, { kind, name, withdrawn }: TouchedDocument): Wanted {
  if (kind === 'pproxy' || kind === 'cproxy') return wantedProxy(inventory, kind, { name, withdrawn })
  if (kind === 'topic') {
    const topic = inventory.topics.find(candidate => candidate.name === name)
    const document = topic && topicDocument(inventory, topic)
    return document === undefined ? 'absent' : { kind, document }
  }
  if (kind === 'group') {
    const group = inventory.groups.find(candidate => candidate.name === name)
    const document = group && groupDocument(inventory, group)
    return document === undefined ? 'absent' : { kind, document }
  }
  const mqServer = inventory.mqServers.find(candidate => candidate.name === name)
  if (mqServer === undefined) return withdrawn ? 'absent' : 'leave'
  return { kind, document: brokerDocument(inventory, mqServer) }
}

/**
 * The node of a proxy that was only taken out of service stays: its process would be stopped by the loss of it. A proxy
 * whose cluster is bound to no broker cluster has no document.
 */
function wantedProxy(
  inventory: Inventory,
  kind: ProxyKind,
  { name, withdrawn }: Pick<TouchedDocument, 'name' | 'withdrawn'>,
): Wanted {
  const node = inventory.nodes.find(candidate => candidate.kind === kind && addressOf(candidate) === name)
  if (node === undefined) return withdrawn ? 'absent' : 'leave'
  if (kind === 'pproxy') {
    const document = pproxyDocument(inventory, node)
    return document === undefined ? 'leave' : { kind, document }
  }
  const document = cproxyDocument(inventory, node)
  return document === undefined ? 'leave' : { kind, document }
}
