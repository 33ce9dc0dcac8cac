import { DdmqError } from '@ddmq/common/errors'

/** Failures of a load run, counted by result code of the server or by the client's error code. */
export class ErrorsByCode {
  readonly #counts = new Map<string, number>()

  count(code: string): void {
    this.#counts.set(code, (this.#counts.get(code) ?? 0) + 1)
  }

  countThrown(thrown: unknown): void {
    this.count(thrown instanceof DdmqError ? thrown.code : String(thrown))
  }

  toRecord(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#counts].toSorted(([a], [b]) => a.localeCompare(b)))
  }
}
