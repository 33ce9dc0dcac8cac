import Table from 'cli-table3'

/** What a command prints: tables and lines for people, or one JSON document per line with `--json`. */
export class Output {
  readonly json: boolean
  readonly #write: (text: string) => void

  constructor(json: boolean, write: (text: string) => void) {
    this.json = json
    this.#write = write
  }

  /** One finding: the document with `--json`, else the text for people. */
  item(document: unknown, text: string): void {
    this.#write(this.json ? `${JSON.stringify(document)}\n` : `${text}\n`)
  }

  /** Rows of one kind: a document per row with `--json`, else a table, or `whenEmpty` if there are none. */
  rows<Row extends object>(rows: readonly Row[], columns: Columns<Row>, whenEmpty: string): void {
    if (this.json) {
      for (const row of rows) this.#write(`${JSON.stringify(row)}\n`)
      return
    }
    if (rows.length === 0) {
      this.#write(`${whenEmpty}\n`)
      return
    }
    this.#write(`${tableText(rows, columns)}\n`)
  }
}

/** A table for people, without a line break at its end. */
export function tableText<Row>(rows: readonly Row[], columns: Columns<Row>): string {
  const table = new Table({
    head: Object.keys(columns),
    chars: NO_LINES,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  })
  table.push(...rows.map(row => Object.values(columns).map(cell => cell(row))))
  return table.toString().replaceAll(/ +$/gm, '')
}

/** Column title → what stands in it. */
export type Columns<Row> = Readonly<Record<string, (row: Row) => string | number>>

const NO_LINES = Object.fromEntries(
  ['top', 'bottom', 'left', 'right', 'mid'].flatMap(edge =>
    [edge, `${edge}-mid`, `${edge}-left`, `${edge}-right`].map(name => [name, '']),
  ),
)
NO_LINES['middle'] = '  '
