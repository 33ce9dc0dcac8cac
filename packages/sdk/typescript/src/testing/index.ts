export { createTestBroker, type TestBroker, type TestBrokerOptions } from './create-test-broker.ts'
export type { PendingDelay } from './pending-delay.ts'
export type { StoredMessage } from './stored-message.ts'
