import type { JsonObject } from './json-value.ts'

/** One field of the urlencoded body; a null value is sent as the bare name (consumer-proxy.md §13.1). */
export interface FormField {
  readonly name: string
  readonly value: string | null
}

/** What the actions before the last one made of a message. Lives as long as its job. */
export interface JobContent {
  /** The message as an object, once `Json` has parsed it; undefined while it is the raw bytes of the record. */
  readonly object: JsonObject | undefined
  /** Body fields in the order they were added. */
  readonly form: readonly FormField[]
}
