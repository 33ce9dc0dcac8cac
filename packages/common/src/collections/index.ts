export { Fifo } from './fifo.ts'
