import { DOCUMENT_KINDS } from '@ddmq/common/registry'
import type { Kysely, Transaction } from 'kysely'
import { z } from 'zod'
import type { PublicationMark, TouchedDocument } from '../../core/ports.ts'
import type { Tables } from './tables.ts'

/** Rows or values of one statement; SQLite and MySQL both have limits far above. */
const CHUNK = 500

const kindSchema = z.enum(DOCUMENT_KINDS)

/** In the order they were made. A mark of a kind this version does not know is left to the version that made it. */
export async function readMarks(db: Kysely<Tables>): Promise<readonly PublicationMark[]> {
  const rows = await db.selectFrom('ddmq_outbox').selectAll().orderBy('id').execute()
  return rows.flatMap(row => {
    const kind = kindSchema.safeParse(row.kind)
    return kind.success ? [{ id: row.id, kind: kind.data, name: row.name }] : []
  })
}

export async function insertMarks(
  db: Transaction<Tables>,
  documents: readonly TouchedDocument[],
  nowMs: number,
): Promise<void> {
  for (const chunk of chunksOf(documents)) {
    const rows = chunk.map(({ kind, name }) => ({ kind, name, created_ms: nowMs }))
    await db.insertInto('ddmq_outbox').values(rows).execute()
  }
}

export async function deleteMarks(db: Transaction<Tables>, ids: readonly number[]): Promise<void> {
  for (const chunk of chunksOf(ids)) await db.deleteFrom('ddmq_outbox').where('id', 'in', chunk).execute()
}

function chunksOf<Item>(items: readonly Item[]): readonly (readonly Item[])[] {
  const count = Math.ceil(items.length / CHUNK)
  return Array.from({ length: count }, (_, index) => items.slice(index * CHUNK, (index + 1) * CHUNK))
}
