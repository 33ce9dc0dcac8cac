import { ConfigError } from '@ddmq/common/config'
import { type Component, runMain, Service } from '@ddmq/common/lifecycle'
import { createLogger } from '@ddmq/common/log'

// A process whose one component behaves as the first argument says.
const [behaviour = 'well'] = process.argv.slice(2)
const log = createLogger({ level: 'info', pretty: false })
const component: Component = {
  name: 'only',
  async start() {
    // As a listening socket would, keeps the process alive.
    setInterval(() => undefined, 60_000)
    if (behaviour === 'bad-start') throw new Error('port is taken')
    if (behaviour === 'bad-config') throw new ConfigError('x.yaml', [{ path: 'a', reason: 'wrong' }])
    if (behaviour === 'slow-start') await new Promise(() => undefined)
  },
  async stop() {
    process.stdout.write('stopping\n')
    if (behaviour === 'bad-stop') throw new Error('cannot stop')
    if (behaviour === 'slow-stop') await new Promise(() => undefined)
  },
}
const service = new Service({ name: 'fixture', components: [component], log, stopTimeoutMs: 60_000 })
process.stdout.write('loaded\n')
const running = runMain(service, { log })
process.stdout.write('called\n')
await running
process.stdout.write('running\n')
if (behaviour === 'throws')
  setImmediate(() => {
    throw new Error('bug')
  })
if (behaviour === 'rejects') void Promise.reject(new Error('bug'))
