import type { Job } from '../job.ts'
import { ActionFailedError } from './errors.ts'
import type { FormField, JobContent } from './job-content.ts'
import { isJsonObject, type JsonObject, printJson } from './json-value.ts'
import { parseRelaxedJson } from './relaxed-json.ts'

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

/** The content of one message while its actions work on it. */
export class ContentDraft implements JobContent {
  readonly job: Job
  readonly form: FormField[] = []
  object: JsonObject | undefined

  constructor(job: Job) {
    this.job = job
  }

  addField(name: string, value: string | null): void {
    this.form.push({ name, value })
  }

  /** The message as text: printed if it was parsed, else its bytes as UTF-8. */
  text(): string {
    return this.object === undefined ? this.#rawText() : printJson(this.object)
  }

  /** False when there is nothing to parse: empty or `null` (consumer-proxy.md §11.3). */
  parse(): boolean {
    if (this.object !== undefined) throw new ActionFailedError('Json: the message is already parsed')
    const text = this.#rawText()
    if (text.trim() === '') return false
    const value = parseRelaxedJson(text)
    if (value === null) return false
    if (!isJsonObject(value)) throw new ActionFailedError('Json: the message is not a JSON object')
    this.object = value
    return true
  }

  #rawText(): string {
    const { value } = this.job.record
    return value === null ? '' : utf8.decode(value)
  }
}
