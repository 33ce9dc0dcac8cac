import { z } from 'zod'
import type { RunningDdmq } from './running-ddmq.ts'

const tokenSchema = z.object({ token: z.string() })
const topicSchema = z.object({ data: z.object({ offsets: z.array(z.object({ endOffset: z.number() })) }) })

/** How far the partitions of a topic of an `up` are, all together. Asking resets nothing, unlike its metrics. */
export class TopicEnd {
  readonly #url: string
  readonly #token: string

  private constructor(url: string, token: string) {
    this.#url = url
    this.#token = token
  }

  static async of(ddmq: RunningDdmq, topic: string): Promise<TopicEnd> {
    const created = await ddmq.run('--json', 'token', 'create', `bench-${topic}`)
    const { token } = tokenSchema.parse(JSON.parse(created))
    const url = `http://127.0.0.1:${ddmq.consolePort}/carrera/api/ddmq/v1/topics/${topic}`
    return new TopicEnd(url, token)
  }

  async read(): Promise<number> {
    const response = await fetch(this.#url, { headers: { authorization: `Bearer ${this.#token}` } })
    if (!response.ok) throw new Error(`the console answered ${response.status}: ${await response.text()}`)
    const { data } = topicSchema.parse(await response.json())
    return data.offsets.reduce((sum, { endOffset }) => sum + endOffset, 0)
  }
}
