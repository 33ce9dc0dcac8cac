import type { Inventory } from '../../core/model.ts'
import type {
  ExclusiveWork,
  MetadataStore,
  MetadataWriter,
  PublicationMark,
  PublicationState,
} from '../../core/ports.ts'
import { deleteMarks, readMarks } from './publication-marks.ts'
import { readInventory } from './read-inventory.ts'
import { RowWriter } from './row-writer.ts'
import type { Session } from './session.ts'
import { withdrawnDocuments } from './withdrawn-documents.ts'

/** The metadata in the original tables. */
export class SqlMetadataStore implements MetadataStore {
  readonly #session: Session
  readonly #nowMs: () => number

  constructor(session: Session, nowMs: () => number) {
    this.#session = session
    this.#nowMs = nowMs
  }

  inventory(): Promise<Inventory> {
    return this.#session.transaction(readInventory)
  }

  topicNameTaken(name: string): Promise<boolean> {
    return this.#session.read(async db => {
      const row = await db.selectFrom('topic').select('id').where('topic_name', '=', name).executeTakeFirst()
      return row !== undefined
    })
  }

  write<Result>(work: (rows: MetadataWriter) => Promise<Result>): Promise<Result> {
    return this.#session.transaction(db => work(new RowWriter(db, this.#nowMs())))
  }

  marks(): Promise<readonly PublicationMark[]> {
    return this.#session.read(readMarks)
  }

  publicationState(): Promise<PublicationState> {
    return this.#session.transaction(async db => ({
      inventory: await readInventory(db),
      withdrawn: await withdrawnDocuments(db),
      marks: await readMarks(db),
    }))
  }

  async removeMarks(ids: readonly number[]): Promise<void> {
    if (ids.length > 0) await this.#session.transaction(db => deleteMarks(db, ids))
  }

  exclusively<Result>(what: ExclusiveWork, work: (store: MetadataStore) => Promise<Result>): Promise<Result> {
    return this.#session.exclusively(what, session => work(new SqlMetadataStore(session, this.#nowMs)))
  }
}
