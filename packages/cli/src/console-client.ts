import { z } from 'zod'
import { NotAuthorizedError, RefusedError, UnreachableError } from './errors.ts'

const envelopeSchema = z.object({ errno: z.int(), errmsg: z.string().nullish(), data: z.unknown() })

/** Talks to one console: paths below `/carrera/api/ddmq/v1`, envelope of console.md §2.1. */
export class ConsoleClient {
  readonly url: string
  readonly #token: string | undefined
  readonly #note: (text: string) => void

  /** `note` gets what the console adds to a success, such as that a change is saved but not yet published. */
  constructor(url: string, token: string | undefined, note: (text: string) => void = () => undefined) {
    this.url = url.replace(/\/+$/, '')
    this.#token = token
    this.#note = note
  }

  async get<Data>(path: string, schema: z.ZodType<Data>): Promise<Data> {
    return this.#call('GET', path, schema)
  }

  async post<Data>(path: string, body: object, schema: z.ZodType<Data>): Promise<Data> {
    return this.#call('POST', path, schema, body)
  }

  async put<Data>(path: string, body: object, schema: z.ZodType<Data>): Promise<Data> {
    return this.#call('PUT', path, schema, body)
  }

  async delete(path: string): Promise<void> {
    await this.#call('DELETE', path, z.unknown())
  }

  /** Lines of a stream, without its empty heartbeat lines. Ends when the server ends it or the signal aborts. */
  async *lines(path: string, signal: AbortSignal): AsyncGenerator<string> {
    const response = await this.#fetch('GET', path, { signal })
    if (!response.ok || response.body === null) throw await this.#refusal(response)
    let rest = ''
    for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
      const lines = `${rest}${text}`.split('\n')
      rest = lines.pop() ?? ''
      yield* lines.filter(line => line !== '')
    }
  }

  async #call<Data>(method: string, path: string, schema: z.ZodType<Data>, body?: object): Promise<Data> {
    const response = await this.#fetch(method, path, {
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
    })
    if (response.status === 401) throw await this.#refusal(response)
    const envelope = envelopeSchema.safeParse(await response.json().catch(() => undefined))
    if (!envelope.success)
      throw new RefusedError(`${this.url} answered ${response.status}, which is no DDMQ console`)
    if (envelope.data.errno !== 0) {
      throw new RefusedError(envelope.data.errmsg ?? `the console refused with errno ${envelope.data.errno}`)
    }
    const { data, errmsg } = envelope.data
    if (typeof errmsg === 'string' && errmsg !== 'SUCCESS') this.#note(errmsg)
    return schema.parse(data)
  }

  async #fetch(method: string, path: string, init: RequestInit): Promise<Response> {
    const headers = {
      'content-type': 'application/json',
      ...(this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` }),
    }
    try {
      return await fetch(`${this.url}/carrera/api/ddmq/v1${path}`, { ...init, method, headers })
    } catch (cause) {
      throw new UnreachableError(
        `no console answers at ${this.url}: start one with ./ddmq up, or name another with --console URL`,
        { cause },
      )
    }
  }

  async #refusal(response: Response): Promise<Error> {
    if (response.status === 401) {
      return new NotAuthorizedError(
        `${this.url} does not accept the token: run the command as the user of ./ddmq up, or pass --token`,
      )
    }
    const envelope = envelopeSchema.safeParse(await response.json().catch(() => undefined))
    return new RefusedError(envelope.data?.errmsg ?? `${this.url} answered ${response.status}`)
  }
}

/** Longer than any call of the console takes; creating a topic of many partitions is the slowest. */
const CALL_TIMEOUT_MS = 60_000
