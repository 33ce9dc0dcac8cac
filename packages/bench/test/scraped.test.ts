import { createServer } from 'node:http'
import { expect, onTestFinished, test } from 'vitest'
import { Scraped } from '../src/servers/scraped.ts'

const TEXT = `# HELP ddmq_chronos_pending_messages Messages that wait for their time.
ddmq_chronos_pending_messages{cluster="R_bench",shard="0",role="owner"} 7
ddmq_chronos_pending_messages{cluster="R_bench",shard="1",role="standby"} 5
ddmq_chronos_pending_messages_more{cluster="R_bench",shard="1",role="standby"} 100
ddmq_process_resident_memory_bytes 104857600
ddmq_process_event_loop_delay_seconds{quantile="0.5"} 0.001
ddmq_process_event_loop_delay_seconds{quantile="0.99"} 0.0125
`

async function scraped(): Promise<Scraped> {
  const server = createServer((_, response) => response.end(TEXT)).listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  onTestFinished(() => void server.close())
  return Scraped.from(Number(Object(server.address()).port))
}

test('series are told apart by their name and a label', async () => {
  const figures = await scraped()

  expect(figures.values('ddmq_chronos_pending_messages', 'role="owner"')).toEqual([7])
  expect(figures.sum('ddmq_chronos_pending_messages')).toBe(12)
  expect(figures.sum('ddmq_chronos_takeovers_total')).toBe(0)
})

test('health is memory and the delay of the event loop', async () => {
  expect((await scraped()).health()).toEqual({ rssMiB: 100, eventLoopP99Ms: 12.5 })
})
