import { expect, test } from 'vitest'
import { LeadTime } from '../src/delay/lead-time.ts'

const OPTIONS = { marginMs: 100, perSecond: 1000, repeats: 2 }

/** Runs that are late until they are given so long; they tell `preparedPerSecond`. */
function runs({ neededMs, preparedPerSecond = 700 }: { neededMs: number; preparedPerSecond?: number }) {
  const leads: number[] = []
  const work = async (leadMs: number) => {
    leads.push(leadMs)
    return { isInTime: leadMs >= neededMs, preparedPerSecond }
  }
  return { leads, work }
}

test('a run that was late is done again with the speed that it told', async () => {
  const lead = new LeadTime(OPTIONS)
  const { leads, work } = runs({ neededMs: 5000 })

  await lead.run(4000, work, result => result)

  expect(leads.map(Math.round)).toEqual([4100, 8263])
})

test('runs are done again so often in all, not each', async () => {
  const lead = new LeadTime(OPTIONS)
  const late = runs({ neededMs: 4000, preparedPerSecond: 1000 })
  await lead.run(2000, late.work, result => result).catch(() => undefined)
  const more = runs({ neededMs: Number.POSITIVE_INFINITY })

  await expect(lead.run(2000, more.work, result => result)).rejects.toThrow(
    '2000 messages are not accepted in time',
  )

  expect(late.leads.length).toBe(3) // the first time, and two repeats
  expect(more.leads.length).toBe(1)
})

test('a few messages tell nothing about the speed', async () => {
  const lead = new LeadTime(OPTIONS)
  const { leads, work } = runs({ neededMs: 0, preparedPerSecond: 1 })

  await lead.run(500, work, result => result)
  await lead.run(500, work, result => result)

  expect(leads).toEqual([600, 600])
})
