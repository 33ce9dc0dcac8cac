import type { Scenario } from '../report/scenario.ts'
import { pullScenario } from './consume/pull.ts'
import { pushScenario } from './consume/push.ts'

/** What consumers meet: pull with acknowledgement, and HTTP push. */
export const consumeScenarios: readonly Scenario[] = [
  pullScenario('pull.embedded', { engine: 'embedded', isQuick: true, cases: ['64x200'] }),
  pullScenario('pull.embedded.further', {
    engine: 'embedded',
    isQuick: false,
    cases: ['1x200', '4x200', '16x200', '16x1024'],
  }),
  pullScenario('pull.kafka', { engine: 'kafka', isQuick: false, cases: ['1x200', '16x200', '64x200'] }),
  pushScenario,
]
