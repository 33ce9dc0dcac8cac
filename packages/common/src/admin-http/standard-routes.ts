import { redact } from '../config/redact.ts'
import type { Health } from '../lifecycle/component.ts'
import type { MetricsRegistry } from '../metrics/index.ts'
import type { AdminRoute } from './admin-route.ts'

export interface StandardRoutesOptions {
  readonly health: () => Health
  readonly metrics: MetricsRegistry
  readonly config: unknown
}

/** What every service answers: alive, ready, metrics, configuration without secrets (architecture §9). */
export function standardRoutes({ health, metrics, config }: StandardRoutesOptions): readonly AdminRoute[] {
  return [
    // Answering at all is the proof that the event loop turns.
    { method: 'GET', path: '/livez', handle: () => ({ status: 200, body: { status: 'alive' } }) },
    {
      method: 'GET',
      path: '/readyz',
      handle: () => {
        const state = health()
        if (!state.ok) return { status: 503, body: { status: 'not ready', reason: state.reason } }
        return {
          status: 200,
          body:
            state.degraded === undefined
              ? { status: 'ready' }
              : { status: 'ready', degraded: state.degraded },
        }
      },
    },
    {
      method: 'GET',
      path: '/metrics',
      handle: async () => ({
        status: 200,
        body: await metrics.metrics(),
        contentType: metrics.contentType,
      }),
    },
    { method: 'GET', path: '/config', handle: () => ({ status: 200, body: redact(config) }) },
  ]
}
