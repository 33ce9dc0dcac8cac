import { TestProxy } from './proxy-fixture.ts'

/** A proxy in a process of its own, to be killed: says its port, then serves. */
const [dir = ''] = process.argv.slice(2)
const proxy = await TestProxy.start(dir)
await proxy.serve('g', { topic: 'orders', maxPullBatchSize: 10 })
await proxy.append(
  'orders',
  0,
  Array.from({ length: 100 }, (_, index) => `m${index}`),
)
process.stdout.write(`${proxy.port}\n`)
