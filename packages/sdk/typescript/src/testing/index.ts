export { createTestBroker, type TestBroker, type TestBrokerOptions } from './create-test-broker.ts'
export type { StoredMessage } from './stored-message.ts'
