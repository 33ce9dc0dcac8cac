export { type CodecBenchResult, type CodecRates, runCodecBench } from './codec/run-codec-bench.ts'
export { runConsume } from './load/consume.ts'
export type { LoadReport } from './load/load-run.ts'
export { runProduce } from './load/produce.ts'
