export { Bag, type Placed } from './bag.ts'
export { Fifo } from './fifo.ts'
