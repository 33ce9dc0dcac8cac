import type { Scenario } from '../report/scenario.ts'
import { delayEmbedded, delayEmbeddedHalf, delayEmbeddedPeak } from './delay-embedded.ts'
import { delayKafka, delayKafkaHalf, delayKafkaThree } from './delay-kafka.ts'
import { delayParts } from './delay-parts.ts'
import { delayRebuild } from './delay-rebuild.ts'
import { delayStore, delayStoreLarge } from './delay-store.ts'
import { delayTakeover } from './delay-takeover.ts'

/** The delay service. */
export const delayScenarios: readonly Scenario[] = [
  delayStore,
  delayStoreLarge,
  delayKafka,
  delayKafkaHalf,
  delayKafkaThree,
  delayEmbedded,
  delayEmbeddedHalf,
  delayEmbeddedPeak,
  delayParts,
  delayRebuild,
  delayTakeover,
]
