import { Service } from '@ddmq/common/lifecycle'
import { testLogger } from '@ddmq/testkit'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Ending, ScriptedComponent } from './scripted-component.ts'

const endings = fc.constantFrom<Ending>('ok', 'ok', 'ok', 'throws', 'rejects', 'hangs', 'obeys')

test('L1 L2 L3 L4 whatever fails, every started component is stopped exactly once, in reverse', async () => {
  const scripts = fc.array(fc.record({ start: endings, stop: endings }), { maxLength: 6 })
  await fc.assert(
    fc.asyncProperty(scripts, fc.boolean(), fc.boolean(), async (components, stopEarly, stopTwice) => {
      const events: string[] = []
      const service = new Service({
        name: 'scripted',
        components: components.map(
          ({ start, stop }, index) => new ScriptedComponent(String(index), events, start, stop),
        ),
        log: testLogger().log,
        startTimeoutMs: 4,
        stopTimeoutMs: 4,
      })

      const started = service.start().then(
        () => true,
        () => false,
      )
      if (!stopEarly) await started
      const stops = [service.stop(), ...(stopTwice ? [service.stop()] : [])]
      await Promise.allSettled([...stops, started])

      const starts = events.filter(event => event.startsWith('started')).map(event => event.slice(8))
      const stopped = events.filter(event => event.startsWith('stopped')).map(event => event.slice(8))
      expect(starts).toEqual(starts.toSorted())
      expect(stopped).toEqual(starts.toReversed())
      expect(['stopped', 'failed']).toContain(service.state)
      expect(!(await started) || starts.length === components.length).toBe(true)
    }),
    { numRuns: 150 },
  )
})
