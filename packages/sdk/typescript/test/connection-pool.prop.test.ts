import { FakeClock } from '@ddmq/testkit'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ConnectionPool, type Lease, type Poolable, PoolExhaustedError } from '../src/net/connection-pool.ts'

const MAX = 3
const WAIT_MS = 100

class Line implements Poolable {
  closed = false

  close(): void {
    this.closed = true
  }
}

/** A pool of lines that open at once, with what its borrowers see. */
class PoolRig {
  readonly clock = new FakeClock()
  readonly lent: Lease<Line>[] = []
  readonly served: number[] = []
  readonly exhausted: number[] = []
  readonly problems: string[] = []
  readonly #lines: Line[] = []
  #tickets = 0
  readonly #pool = new ConnectionPool<Line>({
    maxConnections: MAX,
    idleTimeoutMs: 500,
    clock: this.clock,
    open: async () => {
      const line = new Line()
      this.#lines.push(line)
      return line
    },
  })

  get open(): number {
    return this.#lines.filter(({ closed }) => !closed).length
  }

  get tickets(): number {
    return this.#tickets
  }

  async borrow(): Promise<void> {
    const ticket = this.#tickets
    this.#tickets += 1
    try {
      const lease = await this.#pool.acquire(this.clock.monotonicMs() + WAIT_MS)
      if (this.lent.includes(lease)) this.problems.push(`connection lent twice to ${ticket}`)
      if (lease.connection.closed) this.problems.push(`dead connection lent to ${ticket}`)
      this.lent.push(lease)
      this.served.push(ticket)
    } catch (thrown) {
      if (!(thrown instanceof PoolExhaustedError)) throw thrown
      this.exhausted.push(ticket)
    }
  }

  giveBack(choice: number, broken: boolean): void {
    const [lease] = this.lent.splice(choice % Math.max(1, this.lent.length), 1)
    if (lease === undefined) return
    if (broken) this.#pool.discard(lease)
    else this.#pool.release(lease)
  }

  /** The peer ends a connection, whoever has it. */
  breakLine(choice: number): void {
    const line = this.#lines[choice % Math.max(1, this.#lines.length)]
    if (line !== undefined) line.closed = true
  }
}

const step = fc.oneof(
  fc.record({ kind: fc.constant('borrow' as const) }),
  fc.record({ kind: fc.constant('give back' as const), choice: fc.nat(), broken: fc.boolean() }),
  fc.record({ kind: fc.constant('break' as const), choice: fc.nat() }),
  fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 60 }) }),
)

test('I1 I2 I3 the pool keeps its limit, lends a connection once, and serves in order or not at all', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async steps => {
      const rig = new PoolRig()
      const borrowing: Promise<void>[] = []
      const openCounts: number[] = []
      for (const each of steps) {
        if (each.kind === 'borrow') borrowing.push(rig.borrow())
        if (each.kind === 'give back') rig.giveBack(each.choice, each.broken)
        if (each.kind === 'break') rig.breakLine(each.choice)
        await rig.clock.advance(each.kind === 'wait' ? each.ms : 0)
        openCounts.push(rig.open)
      }
      await rig.clock.advance(WAIT_MS)
      await Promise.all(borrowing)

      expect(rig.problems).toEqual([])
      expect(Math.max(0, ...openCounts)).toBeLessThanOrEqual(MAX)
      expect(rig.served).toEqual(rig.served.toSorted((a, b) => a - b))
      expect(rig.served.length + rig.exhausted.length).toBe(rig.tickets)
    }),
    { numRuns: 60 },
  )
})

test('I4 the connection used last is lent first, and those left over close after their time', async () => {
  const rig = new PoolRig()
  await Promise.all([rig.borrow(), rig.borrow()])
  const [first, last] = rig.lent.map(({ connection }) => connection)
  rig.giveBack(0, false)
  rig.giveBack(0, false)

  await rig.clock.advance(400)
  await rig.borrow()
  expect(rig.lent[0]?.connection).toBe(last)
  rig.giveBack(0, false)
  await rig.clock.advance(200)

  expect([first?.closed, last?.closed]).toEqual([true, false])
})
