import { ResultCode } from '../core/result-code.ts'
import { DdmqClientError } from '../errors.ts'
import type { BatchHandler, Consumer, ConsumeStats, Delivery, Handler, StopReport } from './consumer.ts'
import type { ConsumerChannel } from './consumer-channel.ts'
import { DeliveryQueue } from './delivery-queue.ts'
import { Dispatcher, type UnitHandler } from './dispatcher.ts'
import { type ConsumerContext, EndpointLink } from './endpoint-link.ts'
import { toBatchUnitHandler, toUnitHandler } from './handler-adapter.ts'
import { Poller } from './poller.ts'

/** The consumer over any channels: sockets, or the in-memory broker of `@ddmq/sdk/testing`. */
export class ChannelConsumer implements Consumer {
  readonly #channels: readonly ConsumerChannel[]
  readonly #context: ConsumerContext
  readonly #links: readonly EndpointLink[]
  readonly #stopping = new AbortController()
  readonly #killed = new AbortController()
  readonly #ended = Promise.withResolvers<void>()
  #dispatcher: Dispatcher | undefined = undefined
  #pollers: Promise<unknown> = Promise.resolve()
  #stopped: Promise<StopReport> | undefined = undefined

  constructor(channels: readonly ConsumerChannel[], context: ConsumerContext) {
    this.#channels = channels
    this.#context = context
    this.#links = channels.map(channel => new EndpointLink(channel, context))
  }

  async run(handler: Handler): Promise<void> {
    this.#start(toUnitHandler(handler), false)
    await this.#ended.promise
  }

  async runBatch(handler: BatchHandler): Promise<void> {
    this.#start(toBatchUnitHandler(handler), true)
    await this.#ended.promise
  }

  [Symbol.asyncIterator](): AsyncIterator<Delivery> {
    const queue = new DeliveryQueue(this)
    this.#start(deliveries => queue.offer(deliveries), false)
    void this.#ended.promise.then(() => queue.end())
    return queue
  }

  async stats(
    topic?: string,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<readonly ConsumeStats[]> {
    let answered = false
    let failure: unknown
    for (const channel of this.#channels) {
      if (signal?.aborted) throw new DdmqClientError(ResultCode.CANCELLED, 'the call was aborted')
      try {
        const stats = await channel.stats(this.#context.settings.group, topic, signal)
        if (stats.length > 0) return stats
        answered = true
      } catch (thrown) {
        failure = thrown
      }
    }
    if (signal?.aborted)
      throw new DdmqClientError(ResultCode.CANCELLED, 'the call was aborted', { cause: failure })
    if (!answered) throw new DdmqClientError(ResultCode.NETWORK, 'no endpoint answered', { cause: failure })
    return []
  }

  stop(options: { readonly timeoutMs?: number } = {}): Promise<StopReport> {
    this.#stopped ??= this.#stop(options.timeoutMs ?? this.#context.settings.stopTimeoutMs)
    return this.#stopped
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  #start(handle: UnitHandler, wholeBatches: boolean): void {
    if (this.#stopped !== undefined)
      throw new DdmqClientError(ResultCode.CLIENT_STATE, 'the consumer is stopped')
    if (this.#dispatcher !== undefined)
      throw new DdmqClientError(ResultCode.CLIENT_STATE, 'the consumer is running already')
    const { settings, clock } = this.#context
    const dispatcher = new Dispatcher(settings, clock, handle, wholeBatches)
    this.#dispatcher = dispatcher
    const topics: readonly (string | undefined)[] = settings.topics ?? [undefined]
    const signals = { stopping: this.#stopping.signal, killed: this.#killed.signal }
    const pollers = this.#links.flatMap(link =>
      topics.map(topic => new Poller(link, dispatcher, this.#context, topic).run(signals)),
    )
    this.#pollers = Promise.all(pollers)
  }

  async #stop(timeoutMs: number): Promise<StopReport> {
    const { settings, clock } = this.#context
    const before = this.#dispatcher?.outcomes ?? 0
    const deadline = new AbortController()
    const cancel = clock.schedule(timeoutMs, () => deadline.abort())
    this.#stopping.abort()
    deadline.signal.addEventListener('abort', () => this.#killed.abort(), { once: true })
    await this.#pollers
    const aborted = await this.#drain(deadline.signal)
    cancel()
    const left = await Promise.all(this.#links.map(link => link.finish(settings.submitRetries)))
    const unsubmitted = left.reduce((sum, count) => sum + count, 0)
    const processed = (this.#dispatcher?.outcomes ?? 0) - before - aborted
    settings.metrics?.count('ddmq_client_stop_unsubmitted_total', { group: settings.group }, unsubmitted)
    this.#ended.resolve()
    return { processed, aborted, unsubmitted }
  }

  /** Waits for the handlers; returns how many messages had to be given up. */
  async #drain(deadline: AbortSignal): Promise<number> {
    const dispatcher = this.#dispatcher
    if (dispatcher === undefined) return 0
    const expired = new Promise<void>(resolve => {
      if (deadline.aborted) resolve()
      deadline.addEventListener('abort', () => resolve(), { once: true })
    })
    while (!dispatcher.isIdle) {
      if (deadline.aborted) return dispatcher.abort(new Error('the consumer stops'))
      await Promise.race([dispatcher.nextChange(), expired])
    }
    return 0
  }
}
