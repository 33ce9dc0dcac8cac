import type { LogCluster, Membership } from '@ddmq/storage'

/** A real cluster that can fall silent: from then on no call that goes to the brokers returns, until it speaks again. */
export class SilenceableCluster {
  readonly log: LogCluster
  #speaking = Promise.withResolvers<void>()

  constructor(real: LogCluster) {
    this.#speaking.resolve()
    const admin = this.#gated(real.admin, ['lag'])
    const join: LogCluster['join'] = async (...call) => {
      await this.#speaking.promise
      const membership = await real.join(...call)
      return this.#gated<Membership>(membership, ['commit', 'leave'])
    }
    const cluster = this.#gated(real, ['append', 'partitions', 'read', 'transactor', 'identity'])
    this.log = new Proxy(cluster, {
      get: (target, property) => {
        if (property === 'admin') return admin
        return property === 'join' ? join : Reflect.get(target, property)
      },
    })
  }

  silence(): void {
    this.#speaking = Promise.withResolvers()
  }
  speak(): void {
    this.#speaking.resolve()
  }

  #gated<Target extends object>(target: Target, methods: readonly (keyof Target)[]): Target {
    const isGated = (property: string | symbol): boolean => methods.some(method => method === property)
    return new Proxy(target, {
      get: (_, property) => {
        const value: unknown = Reflect.get(target, property)
        if (typeof value !== 'function') return value
        if (!isGated(property)) return value.bind(target)
        return async (...call: unknown[]) => {
          await this.#speaking.promise
          return Reflect.apply(value, target, call)
        }
      },
    })
  }
}
