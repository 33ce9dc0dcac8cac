import { describeError } from '@ddmq/common/errors'
import { ACTIONS } from '@ddmq/common/registry'
import type { Job, JobSink } from '../job.ts'
import { ContentDraft } from './content-draft.ts'
import { ActionFailedError, UnsupportedActionError } from './errors.ts'
import { addMembers, addWholeMessage } from './form-params.ts'

/**
 * The actions of one subscription (consumer-proxy.md §11).
 *
 * C1 `run` never throws: every job either reaches the sink of the last action or is finished, exactly once.
 * C2 A job that was terminated, or is pressure traffic its subscription does not take, reaches no action.
 * C3 A failing action drops its job with the reason in `lastResponse`; nothing is delivered.
 */
export interface ActionChain {
  run(job: Job): void
}

export interface ActionSinks {
  readonly AsyncHttp: JobSink
  readonly PullServer: JobSink
}

/** False: the message is not for this group, and the chain ends. */
type Action = (draft: ContentDraft) => boolean

const BEFORE_LAST = {
  // The lanes run jobs concurrently and in order already; here both names only mark the point.
  Async: () => true,
  NonBlockAsync: () => true,
  Json: draft => draft.parse(),
  FormParams: draft => (addWholeMessage(draft), true),
  FormParams2: draft => (addMembers(draft), true),
} satisfies Readonly<Record<string, Action>>

/**
 * Throws UnsupportedActionError, naming the action, for a known action that is not built and for a list that does not
 * end with its only sink. An unknown name is not refused here: its messages are dropped (consumer-proxy.md §11.1).
 */
export function createActionChain(actions: readonly string[], sinks: ActionSinks): ActionChain {
  const lastName = actions.at(-1)
  if (lastName === undefined) throw new UnsupportedActionError('actions: the list is empty')
  const steps = actions.slice(0, -1).map(toAction)
  const sink = toSink(lastName, sinks)
  return { run: job => runJob(job, steps, sink) }
}

function toAction(name: string): Action {
  if (isBuilt(name)) return BEFORE_LAST[name]
  if (name === 'AsyncHttp' || name === 'PullServer') throw unsupported(name, 'it must be the last action')
  return failing(name)
}

function toSink(name: string, sinks: ActionSinks): Pick<JobSink, 'accept'> {
  if (name === 'AsyncHttp' || name === 'PullServer') return sinks[name]
  if (isBuilt(name)) throw unsupported(name, 'the last action must be AsyncHttp or PullServer')
  return { accept: failing(name) }
}

function isBuilt(name: string): name is keyof typeof BEFORE_LAST {
  return Object.hasOwn(BEFORE_LAST, name)
}

function failing(name: string): () => never {
  if (ACTIONS.some(known => known === name)) throw unsupported(name, 'this version does not support it')
  return () => {
    throw new ActionFailedError(`unknown action ${name}`)
  }
}

function runJob(job: Job, steps: readonly Action[], sink: Pick<JobSink, 'accept'>): void {
  // Neither answer can change while the actions run: they do not wait, and none changes the properties.
  if (job.terminated || isRefusedPressureTraffic(job)) {
    job.finish({ kind: 'filtered' })
    return
  }
  try {
    const draft = new ContentDraft(job)
    for (const step of steps) {
      if (!step(draft)) {
        job.finish({ kind: 'filtered' })
        return
      }
    }
    sink.accept(job, draft)
  } catch (thrown) {
    job.finish({ kind: 'dropped', reason: 'actionFailed', attempts: 0, lastResponse: describeError(thrown) })
  }
}

function isRefusedPressureTraffic(job: Job): boolean {
  if (job.subscription.config.pressureTraffic) return false
  return job.properties.get('isPressureTraffic')?.toLowerCase() === 'true'
}

function unsupported(action: string, why: string): UnsupportedActionError {
  return new UnsupportedActionError(`action ${action}: ${why}`, { details: { action } })
}
