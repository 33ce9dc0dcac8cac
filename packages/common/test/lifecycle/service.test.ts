import { AlreadyStartedError, type Component, Service } from '@ddmq/common/lifecycle'
import { eventually, testLogger } from '@ddmq/testkit'
import { describe, expect, test } from 'vitest'
import { ScriptedComponent } from './scripted-component.ts'

function serviceOf(...components: Component[]): Service {
  return new Service({ name: 'orders', components, log: testLogger().log, stopTimeoutMs: 20 })
}

describe('start', () => {
  test('goes from created over starting to running, in order', async () => {
    const events: string[] = []
    const service = serviceOf(new ScriptedComponent('a', events), new ScriptedComponent('b', events))
    expect(service.state).toBe('created')

    const starting = service.start()
    expect(service.state).toBe('starting')
    await starting

    expect(service.state).toBe('running')
    expect(events).toEqual(['started a', 'started b'])
  })

  test('given a component that fails, stops the ones before it and names it with the cause', async () => {
    const events: string[] = []
    const service = serviceOf(
      new ScriptedComponent('a', events),
      new ScriptedComponent('b', events, 'rejects'),
      new ScriptedComponent('c', events),
    )

    await expect(service.start()).rejects.toMatchObject({
      code: 'LIFECYCLE_START_FAILED',
      message: 'b did not start',
      details: { component: 'b' },
      cause: { message: 'rejects' },
    })
    expect(events).toEqual(['started a', 'stopped a'])
    expect(service.state).toBe('failed')
    await service.stop()
    expect(events).toEqual(['started a', 'stopped a'])
  })

  test('given that stopping fails too, tells both', async () => {
    const service = serviceOf(
      new ScriptedComponent('a', [], 'ok', 'rejects'),
      new ScriptedComponent('b', [], 'throws'),
    )

    await expect(service.start()).rejects.toMatchObject({
      message: 'b did not start',
      cause: { errors: [{ message: 'throws' }, { message: 'a did not stop' }] },
    })
  })

  test('happens once', async () => {
    const service = serviceOf()
    await service.start()

    await expect(service.start()).rejects.toThrow(AlreadyStartedError)
    expect(service.state).toBe('running')
  })

  test('does not happen after a stop', async () => {
    const events: string[] = []
    const service = serviceOf(new ScriptedComponent('a', events))

    const stopping = service.stop()
    await expect(service.start()).rejects.toThrow(AlreadyStartedError)
    await stopping

    expect(service.state).toBe('stopped')
    expect(events).toEqual([])
  })

  test('is aborted by startTimeoutMs', async () => {
    const service = new Service({
      name: 'orders',
      components: [new ScriptedComponent('slow', [], 'obeys')],
      log: testLogger().log,
      startTimeoutMs: 5,
      stopTimeoutMs: 20,
    })

    await expect(service.start()).rejects.toMatchObject({
      code: 'LIFECYCLE_START_FAILED',
      cause: { cause: { code: 'LIFECYCLE_START_ABORTED' } },
    })
  })
})

describe('stop', () => {
  test('aborts a start in progress and stops what had started', async () => {
    const events: string[] = []
    const service = serviceOf(new ScriptedComponent('a', events), new ScriptedComponent('b', events, 'obeys'))
    const starting = service.start()
    await eventually(() => expect(events).toEqual(['started a']))

    await Promise.all([service.stop(), expect(starting).rejects.toThrow('b did not start')])

    expect(events).toEqual(['started a', 'stopped a'])
    expect(service.state).toBe('stopped')
  })

  test('a component that ignores the abort and starts after it was given up is stopped then', async () => {
    const events: string[] = []
    const gate = Promise.withResolvers<void>()
    const late: Component = {
      name: 'late',
      start: () => gate.promise,
      stop: async () => void events.push('stopped late'),
    }
    const service = serviceOf(late)
    const starting = service.start()
    await Promise.all([service.stop(), expect(starting).rejects.toThrow('late did not start')])
    expect(events).toEqual([])

    gate.resolve()

    await eventually(() => expect(events).toEqual(['stopped late']))
  })

  test('gives every component its stop although one hangs and one throws, and tells all errors', async () => {
    const events: string[] = []
    const service = serviceOf(
      new ScriptedComponent('a', events),
      new ScriptedComponent('b', events, 'ok', 'throws'),
      new ScriptedComponent('c', events, 'ok', 'hangs'),
    )
    await service.start()

    await expect(service.stop()).rejects.toMatchObject({
      code: 'LIFECYCLE_STOP_FAILED',
      cause: { errors: [{ message: 'c did not stop' }, { message: 'b did not stop' }] },
    })
    expect(events.slice(3)).toEqual(['stopped c', 'stopped b', 'stopped a'])
    expect(service.state).toBe('failed')
  })

  test('after the deadline the next component still gets time to close its files', async () => {
    const closed: string[] = []
    const store: Component = {
      name: 'store',
      start: async () => undefined,
      stop: async () => {
        for (let turn = 0; turn < 3; turn++) await new Promise(resolve => setImmediate(resolve))
        closed.push('store')
      },
    }
    const service = serviceOf(store, new ScriptedComponent('hanging', [], 'ok', 'hangs'))
    await service.start()

    await expect(service.stop()).rejects.toMatchObject({
      cause: { errors: [{ message: 'hanging did not stop' }] },
    })
    expect(closed).toEqual(['store'])
  })

  test('a component that finishes as soon as the deadline tells it to has stopped', async () => {
    const obedient: Component = {
      name: 'obedient',
      start: async () => undefined,
      stop: deadline =>
        new Promise(resolve => deadline.addEventListener('abort', () => setImmediate(resolve))),
    }
    const service = serviceOf(obedient)
    await service.start()

    await service.stop()

    expect(service.state).toBe('stopped')
  })

  test('during a start tells what did not stop', async () => {
    const events: string[] = []
    const service = serviceOf(
      new ScriptedComponent('a', events, 'ok', 'rejects'),
      new ScriptedComponent('b', events, 'obeys'),
    )
    const starting = service.start()
    await eventually(() => expect(events).toEqual(['started a']))

    const stopping = service.stop()

    await expect(starting).rejects.toThrow('b did not start')
    await expect(stopping).rejects.toMatchObject({ cause: { errors: [{ message: 'a did not stop' }] } })
  })

  test('is the same promise however often it is called', async () => {
    const events: string[] = []
    const service = serviceOf(new ScriptedComponent('a', events))
    await service.start()

    expect(service.stop()).toBe(service.stop())
    await service.stop()
    expect(events).toEqual(['started a', 'stopped a'])
  })
})

describe('health', () => {
  test('is not ready before start and after stop', async () => {
    const service = serviceOf()
    expect(service.health()).toEqual({ ok: false, reason: 'orders is created' })
    await service.start()
    expect(service.health()).toEqual({ ok: true })
    await service.stop()
    expect(service.health()).toEqual({ ok: false, reason: 'orders is stopped' })
  })

  test('says while it starts what the component whose turn it is waits for', async () => {
    const waiting = new ScriptedComponent('kafka', [], 'obeys')
    waiting.state = { ok: false, reason: 'no broker answers at 127.0.0.1:9092' }
    const service = serviceOf(new ScriptedComponent('a', []), waiting)
    const starting = service.start()

    await eventually(() =>
      expect(service.health()).toEqual({
        ok: false,
        reason: 'orders is starting; kafka: no broker answers at 127.0.0.1:9092',
      }),
    )
    await service.stop()
    await expect(starting).rejects.toThrow('kafka did not start')
  })

  test('names every component that is not well, also one that throws', async () => {
    const a = new ScriptedComponent('a', [])
    a.state = { ok: false, reason: 'no leader' }
    const broken: Component = {
      name: 'broken',
      start: async () => undefined,
      stop: async () => undefined,
      health: () => {
        throw new Error('oops')
      },
    }
    const service = serviceOf(a, broken)
    await service.start()

    expect(service.health()).toEqual({ ok: false, reason: 'a: no leader; broken: oops' })
  })

  test('stays ready while components are degraded, and names them', async () => {
    const a = new ScriptedComponent('a', [])
    a.state = { ok: true, degraded: 'tree is away' }
    const service = serviceOf(a, new ScriptedComponent('b', []))
    await service.start()

    expect(service.health()).toEqual({ ok: true, degraded: 'a: tree is away' })
  })
})
