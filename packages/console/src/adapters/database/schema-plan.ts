import { SchemaNewerError } from '../../errors.ts'

/** What brings a database to the schema of this version; nothing when `from` is `to`. */
export interface SchemaPlan {
  /** Where the database is, as it is named to the operator. */
  readonly database: string
  readonly from: number
  readonly to: number
  /** SQL, in order. */
  readonly statements: readonly string[]
}

/** A database of a newer version is left alone: this version does not know what its rows mean. */
export function refuseNewer(database: string, from: number, to: number): void {
  if (from <= to) return
  throw new SchemaNewerError(
    `the console's database ${database} has schema ${from}, newer than ${to}: start the version that wrote it`,
  )
}
