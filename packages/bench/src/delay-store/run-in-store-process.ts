import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { answerOf } from '../servers/answering-process.ts'
import type { IndexResult } from './measure-index.ts'
import type { Ingest, IngestLoad } from './measure-ingest.ts'

export interface StoreWish extends IngestLoad {
  readonly kind: 'index' | 'bare'
  /** Where the store is made. */
  readonly dir: string
}

/** Where its folder is made, and removed again. */
interface StoreLoad extends IngestLoad {
  readonly parent: string
}

/** The index in a process of its own, so that its memory and its background work are its own. */
export function runIndexAlone(load: StoreLoad): Promise<IndexResult> {
  return run('index', load)
}

/** Likewise the bare store that it is compared with. */
export function runBareAlone(load: StoreLoad): Promise<Ingest> {
  return run('bare', load)
}

async function run<Result>(
  kind: StoreWish['kind'],
  { parent, messages, bodyBytes }: StoreLoad,
): Promise<Result> {
  const dir = await mkdtemp(join(parent, 'ddmq-bench-'))
  try {
    const wish: StoreWish = { kind, dir, messages, bodyBytes }
    return await answerOf<Result>('delay-store/store-process', wish)
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}
