export { Bag, type Placed } from './bag.ts'
export { Fifo } from './fifo.ts'
export { type Linked, LinkedList } from './linked-list.ts'
export { OffsetTable } from './offset-table.ts'
