/** Measures one store in a process of its own: `StoreWish` in JSON as argument, what was measured in JSON on stdout. */
import { measureBare } from './measure-bare.ts'
import { measureIndex } from './measure-index.ts'
import type { StoreWish } from './run-in-store-process.ts'

const wish: StoreWish = JSON.parse(process.argv[2] ?? '{}')
const measured = await (wish.kind === 'index' ? measureIndex : measureBare)(wish.dir, wish)
process.stdout.write(`${JSON.stringify(measured)}\n`)
