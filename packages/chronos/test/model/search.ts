import fc from 'fast-check'
import { type Action, actions, calmActions, deck } from './actions.ts'
import type { MessageSpec } from './messages.ts'
import { ModelRun } from './model-run.ts'
import type { ServiceUnderTest } from './service-under-test.ts'

export interface Scenario {
  /** Of all that is left to chance. */
  readonly seed: number
  readonly deck: readonly MessageSpec[]
  readonly actions: readonly Action[]
}

export interface SearchOptions {
  readonly runs: number
  /** To search again where a search has found something. */
  readonly seed?: number
  /** Nothing fails. */
  readonly isCalm?: boolean
}

/** What is wrong when the service goes through it, with the story; undefined where all is well. */
export async function play<Disk>(
  service: ServiceUnderTest<Disk>,
  { seed, deck: specs, actions: steps }: Scenario,
): Promise<string | undefined> {
  const run = new ModelRun(service, specs, seed)
  const problems = await run.play(steps)
  return problems.length === 0 ? undefined : `${problems.join('\n')}\n\n${run.describe()}`
}

/** Tries random runs. Answers the first that the service fails, made as short as can be, with all that is needed to play it again. */
export async function counterexample<Disk>(
  service: ServiceUnderTest<Disk>,
  { runs, seed, isCalm = false }: SearchOptions,
): Promise<string | undefined> {
  const property = fc.asyncProperty(
    fc.nat(),
    deck,
    isCalm ? calmActions : actions,
    async (chance, specs, steps) => {
      return (await play(service, { seed: chance, deck: specs, actions: steps })) === undefined
    },
  )
  // Steps that were generated together go together there; `shortened` takes them one by one.
  const parameters = { numRuns: runs, endOnFailure: true }
  const found = await fc.check(property, seed === undefined ? parameters : { ...parameters, seed })
  if (found.counterexample === null) return undefined
  const [chance, specs, steps] = found.counterexample
  const short = await shortened(service, { seed: chance, deck: specs, actions: steps })
  return [
    `search seed ${found.seed}, run ${found.numRuns}; scenario seed ${short.seed}`,
    ...short.deck.map((spec, place) => `message ${place}: ${JSON.stringify(spec)}`),
    ...short.actions.map(action => JSON.stringify(action)),
    await play(service, short),
  ].join('\n')
}

/** Without the actions that it fails without: first halves, then smaller parts, last each by itself. */
async function shortened<Disk>(service: ServiceUnderTest<Disk>, scenario: Scenario): Promise<Scenario> {
  let short = scenario
  for (
    let size = Math.ceil(short.actions.length / 2);
    size >= 1;
    size = size === 1 ? 0 : Math.ceil(size / 2)
  ) {
    for (let from = 0; from < short.actions.length; ) {
      const shorter = { ...short, actions: short.actions.toSpliced(from, size) }
      if ((await play(service, shorter)) === undefined) from += size
      else short = shorter
    }
  }
  return short
}
