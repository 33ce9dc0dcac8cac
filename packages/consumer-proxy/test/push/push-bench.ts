import assert from 'node:assert/strict'
import { eventually, FakeClock } from '@ddmq/testkit'
import { UndiciPushClient } from '../../src/adapters/http-push/undici-push-client.ts'
import { DEFAULT_PUSH_RULES, HttpPush, type HttpPushRules } from '../../src/app/push/http-push.ts'
import { createActionChain } from '../../src/core/actions/action-chain.ts'
import type { JobSink } from '../../src/core/job.ts'
import { type JobSettings, subscriptionOf, TestJob } from './test-job.ts'

/** A FakeClock that tells which waits were asked for. */
class RecordingClock extends FakeClock {
  readonly waits: number[] = []

  override schedule(ms: number, callback: () => void): () => void {
    this.waits.push(ms)
    return super.schedule(ms, callback)
  }
}

const noPull: JobSink = {
  accept: () => undefined,
  stop: () => Promise.resolve(),
}

/** The chain and the push of one group over real sockets, on a clock the test moves. */
export class PushBench implements AsyncDisposable {
  readonly clock = new RecordingClock()
  readonly client = new UndiciPushClient()
  readonly warnings: unknown[] = []
  readonly push: HttpPush
  readonly #actions: readonly string[]

  constructor({
    actions = ['Async', 'FormParams', 'AsyncHttp'],
    rules = {},
  }: {
    readonly actions?: readonly string[]
    readonly rules?: Partial<HttpPushRules>
  } = {}) {
    this.#actions = actions
    this.push = new HttpPush({
      client: this.client,
      clock: this.clock,
      random: () => 0,
      log: { warn: (...line: unknown[]) => void this.warnings.push(line) },
      observer: { meterOf: () => ({ attempted: () => undefined }) },
      rules: { ...DEFAULT_PUSH_RULES, ...rules },
    })
  }

  /** Runs a message through the chain. Without a limit on requests unless the settings bring one. */
  deliver(
    config: Readonly<Record<string, unknown>>,
    settings: Omit<JobSettings, 'subscription'> = {},
  ): TestJob {
    const job = new TestJob({ ...settings, subscription: subscriptionOf(config) })
    createActionChain(this.#actions, { AsyncHttp: this.push, PullServer: noPull }).run(job)
    return job
  }

  /** Resolves when an endpoint was found dead. */
  async untilWarned(): Promise<void> {
    await eventually(() => assert(this.warnings.length > 0))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.push.stop(AbortSignal.abort())
    await this.client.close()
  }
}
