import { PROPERTIES_FIELD } from '../actions/form-params.ts'
import type { JobContent } from '../actions/job-content.ts'
import type { Job } from '../job.ts'
import { encodeForm } from './form-encoding.ts'
import { loopCount } from './loop-count.ts'
import type { PushRequest, PushTarget } from './ports.ts'
import { DEFAULT_HEADERS, headersFrom } from './push-headers.ts'
import { type CallbackRules, callbackTargets } from './push-targets.ts'

/** What all attempts of one message share. */
export interface PushPlan {
  /** The urlencoded fields, up to and including `carrera_req_cnt=`. */
  readonly bodyStart: string
  /** Replaces the attempt number in `carrera_req_cnt`. */
  readonly loopCount: string | undefined
  readonly headers: readonly string[]
  /** Replaces the URLs of the subscription. */
  readonly callbacks: readonly PushTarget[] | undefined
  /** Index of the URL of the first attempt. */
  readonly startIndex: number
}

export interface PlanContext {
  readonly targets: readonly PushTarget[]
  readonly callbackRules: CallbackRules
  /** Uniform in [0, 1). */
  readonly random: () => number
}

/** Throws PushRefusedError when no request can be made of the message. */
export function planPush(job: Job, content: JobContent, context: PlanContext): PushPlan {
  const callback = job.properties.get('carrera_http_callback_url')
  const fields = encodeForm(content.form)
  return {
    bodyStart: `${fields}${fields === '' ? '' : '&'}carrera_req_cnt=`,
    loopCount: loopCount(job),
    headers: planHeaders(job, content),
    callbacks:
      callback === undefined ? undefined : callbackTargets(callback, context.targets, context.callbackRules),
    startIndex: Math.floor(context.random() * context.targets.length),
  }
}

function planHeaders(job: Job, content: JobContent): readonly string[] {
  const carreraHeaders = job.properties.get('carrera_headers')
  const arePropertiesSent = content.form.some(field => field.name === PROPERTIES_FIELD)
  return carreraHeaders === undefined || !arePropertiesSent ? DEFAULT_HEADERS : headersFrom(carreraHeaders)
}

/** The URL list of the message with the one whose turn it is first: each error moves on by one. */
export function targetsInTurn(
  plan: PushPlan,
  own: readonly PushTarget[],
  errors: number,
): readonly PushTarget[] {
  const targets = plan.callbacks ?? own
  if (targets.length === 1) return targets
  const first = (plan.startIndex + errors) % targets.length
  return [...targets.slice(first), ...targets.slice(0, first)]
}

/** `attempt` counts from 0. POST if the subscription says so in any case, otherwise GET, with the body all the same. */
export function buildRequest(
  plan: PushPlan,
  target: PushTarget,
  attempt: { readonly number: number; readonly httpMethod: string; readonly timeoutMs: number },
): PushRequest {
  return {
    target,
    method: attempt.httpMethod.toUpperCase() === 'POST' ? 'POST' : 'GET',
    headers: plan.headers,
    body: plan.bodyStart + (plan.loopCount ?? attempt.number),
    timeoutMs: attempt.timeoutMs,
  }
}
