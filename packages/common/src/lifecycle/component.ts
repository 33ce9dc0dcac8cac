/** A long-lived part of a service. Composition roots list components in dependency order. */
export interface Component {
  readonly name: string
  /** Resolves when the component can do its work. Rejecting aborts the whole start. */
  start(abort: AbortSignal): Promise<void>
  /** Takes no new work, finishes or hands back what it holds. Called once, only after a start that resolved. */
  stop(deadline: AbortSignal): Promise<void>
  /** Cheap and synchronous; called by /readyz every few seconds, also while it starts. Absent means "ready once started". */
  health?(): Health
}

/** `degraded` says what is wrong although the work goes on: shown by /readyz, which still answers that it is ready. */
export type Health =
  | { readonly ok: true; readonly degraded?: string }
  | { readonly ok: false; readonly reason: string }
