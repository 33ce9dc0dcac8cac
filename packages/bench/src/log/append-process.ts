/** Measures the appends of one log in a process of its own: `AppendWish` in JSON as argument, a `Sample` in JSON on stdout. */
import { type AppendWish, measureAppends } from './measure-appends.ts'

const wish: AppendWish = JSON.parse(process.argv[2] ?? '{}')
process.stdout.write(`${JSON.stringify(await measureAppends(wish))}\n`)
