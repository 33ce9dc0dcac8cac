export type * from './consumer.ts'
export * from './producer.ts'
