import { StorageError } from '../errors.ts'

/**
 * Which cluster is meant: that of the settings, or else the first that answered. A broker of another one, which an address
 * may lead to by mistake or after a while, is sent nothing.
 */
export class ClusterIdentity {
  #clusterId: string | undefined
  #foreign: StorageError | undefined

  constructor(clusterId: string | undefined) {
    this.#clusterId = clusterId
  }

  /** The last broker that answered is of another cluster. */
  get foreign(): StorageError | undefined {
    return this.#foreign
  }

  /** Throws `invalid` for a broker of another cluster. */
  admit(clusterId: string | null | undefined): void {
    this.#foreign = undefined
    this.#clusterId ??= clusterId ?? undefined
    if (this.#clusterId === undefined || clusterId === this.#clusterId) return
    this.#foreign = new StorageError(
      'invalid',
      `it belongs to the cluster with the id ${clusterId}, not ${this.#clusterId}; nothing is written to it`,
    )
    throw this.#foreign
  }
}
