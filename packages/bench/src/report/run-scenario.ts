import { type Repetition, type Row, rowOf } from './row.ts'
import { type Bench, GENERATOR_SHARE, type Sample, type Scenario, type Stage } from './scenario.ts'

/** A generator that used more than this of a core may have been what limited the rate. */
const SATURATED = 0.9

export interface ScenarioResult {
  readonly id: string
  readonly title: string
  readonly rows: readonly Row[]
}

/** Runs all sides of a scenario in turn, case by case, `repetitions` times over: A B A B. */
export async function runScenario(
  scenario: Scenario,
  bench: Bench,
  repetitions: number,
): Promise<ScenarioResult> {
  await using stage = await scenario.open(bench)
  const measured: Repetition[] = []
  while (measured.length < repetitions) measured.push(await measureAll(stage, scenario.cases ?? ['']))
  const { id, title, figures } = scenario
  return { id, title, rows: figures.map(figure => rowOf(figure, measured)) }
}

/** One repetition: of each side, what it measured in all cases. */
async function measureAll({ sides }: Stage, cases: readonly string[]): Promise<Repetition> {
  const samples = new Map<string, Sample>()
  const saturated: string[] = []
  for (const ofCase of cases) {
    for (const [side, measure] of Object.entries(sides)) {
      const sample = await measure(ofCase)
      if (isSaturated(sample)) saturated.push(ofCase === '' ? side : `${side} ${ofCase}`)
      samples.set(side, { ...samples.get(side), ...keyed(ofCase, sample) })
    }
  }
  return { samples, saturated }
}

function keyed(ofCase: string, sample: Sample): Sample {
  if (ofCase === '') return sample
  return Object.fromEntries(Object.entries(sample).map(([key, value]) => [`${ofCase}.${key}`, value]))
}

function isSaturated({ [GENERATOR_SHARE]: share = 0 }: Sample): boolean {
  return share > SATURATED
}
