import type { Scenario } from '../report/scenario.ts'
import { sendEmbedded } from './send-embedded.ts'
import { sendKafka } from './send-kafka.ts'

const QUICK = ['1x200', '64x200']
const FURTHER = ['16x200', '256x200', '1x1024', '16x1024', '64x1024', '256x1024']

/** Single sends through the producer proxy. */
export const sendScenarios: readonly Scenario[] = [
  sendKafka('send.kafka', true, QUICK),
  sendKafka('send.kafka.further', false, FURTHER),
  sendEmbedded('send.embedded', true, QUICK),
  sendEmbedded('send.embedded.further', false, FURTHER),
]
