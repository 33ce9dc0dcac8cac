import { describeSubscriptions } from './suites/subscriptions.ts'
import { startConsole } from './support/console-run.ts'

describeSubscriptions(startConsole)
