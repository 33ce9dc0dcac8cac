import { describeTopics } from './suites/topics.ts'
import { startConsole } from './support/console-run.ts'

describeTopics(startConsole)
