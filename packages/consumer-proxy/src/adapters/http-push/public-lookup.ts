import { type LookupAddress, lookup } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { PushRefusedError } from '../../core/push/errors.ts'
import { isPublicAddress } from './public-address.ts'

/**
 * Resolves a host name for a connection, and fails if any of its addresses is not public. The check is on the very
 * addresses that are connected to, so a name cannot change between check and use.
 */
export const publicLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    const first = addresses?.[0]
    if (error !== null || first === undefined) {
      callback(error ?? new Error(`${hostname} has no address`), '')
    } else if (!addresses.every(isPublic)) {
      callback(new PushRefusedError(`${hostname} has an address that is not public`), '')
    } else if (options.all === true) {
      callback(null, addresses)
    } else {
      callback(null, first.address, first.family)
    }
  })
}

function isPublic({ address }: LookupAddress): boolean {
  return isPublicAddress(address)
}
