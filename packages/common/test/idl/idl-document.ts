import { readFileSync } from 'node:fs'

/** A parsed .thrift file: as much of the language as ours use. */
export interface IdlDocument {
  readonly structs: ReadonlyMap<string, IdlStruct>
  readonly functions: ReadonlyMap<string, IdlFunction>
}

export interface IdlStruct {
  readonly name: string
  readonly fields: readonly IdlField[]
}

export interface IdlField {
  readonly id: number
  readonly name: string
  readonly type: IdlType
  readonly requiredness: 'required' | 'optional' | 'default'
  readonly defaultValue: number | undefined
}

interface IdlFunction {
  readonly name: string
  readonly args: IdlStruct
  readonly result: IdlStruct
}

export type IdlType =
  | { readonly kind: 'bool' | 'i32' | 'i64' | 'string' | 'binary' }
  | { readonly kind: 'list'; readonly element: IdlType }
  | { readonly kind: 'map'; readonly key: IdlType; readonly value: IdlType }
  | { readonly kind: 'struct'; readonly name: string }

const IDL_FOLDER = new URL('../../idl/', import.meta.url)

export function readIdl(file: string): IdlDocument {
  return new Parser(readFileSync(new URL(file, IDL_FOLDER), 'utf8')).parse()
}

class Parser {
  readonly #tokens: readonly string[]
  #next = 0
  readonly #structs = new Map<string, IdlStruct>()
  readonly #functions = new Map<string, IdlFunction>()

  constructor(text: string) {
    const withoutComments = text.replaceAll(/\/\/.*/g, '')
    this.#tokens = withoutComments.match(/"[^"]*"|-?\d+|[\w.]+|[^\s\w]/g) ?? []
  }

  parse(): IdlDocument {
    while (this.#next < this.#tokens.length) this.#parseDefinition(this.#take())
    return { structs: this.#structs, functions: this.#functions }
  }

  #parseDefinition(keyword: string): void {
    if (keyword === 'namespace') {
      this.#next += 2
    } else if (keyword === 'const') {
      this.#next += 4
    } else if (keyword === 'struct' || keyword === 'exception') {
      const name = this.#take()
      this.#structs.set(name, { name, fields: this.#parseFields('{', '}') })
    } else if (keyword === 'service') {
      this.#take()
      this.#expect('{')
      while (this.#peek() !== '}') this.#parseFunction()
      this.#expect('}')
    } else {
      throw new Error(`unexpected ${keyword}`)
    }
  }

  #parseFunction(): void {
    const returned = this.#parseType()
    const name = this.#take()
    const args = { name: `${name}_args`, fields: this.#parseFields('(', ')') }
    const success: IdlField = {
      id: 0,
      name: 'success',
      type: returned,
      requiredness: 'optional',
      defaultValue: undefined,
    }
    const thrown = this.#skipIf('throws') ? this.#parseFields('(', ')') : []
    this.#functions.set(name, {
      name,
      args,
      result: { name: `${name}_result`, fields: [success, ...thrown] },
    })
  }

  #parseFields(open: string, close: string): IdlField[] {
    const fields: IdlField[] = []
    this.#expect(open)
    while (!this.#skipIf(close)) {
      fields.push(this.#parseField())
      this.#skipIf(',')
    }
    return fields
  }

  #parseField(): IdlField {
    const id = Number(this.#take())
    this.#expect(':')
    const stated = ['required', 'optional'].includes(this.#peek()) ? this.#take() : 'default'
    const type = this.#parseType()
    const name = this.#take()
    const defaultValue = this.#skipIf('=') ? Number(this.#take()) : undefined
    return { id, name, type, requiredness: stated as IdlField['requiredness'], defaultValue }
  }

  #parseType(): IdlType {
    const name = this.#take()
    if (name === 'list') return { kind: 'list', element: this.#parseBracketed()[0]! }
    if (name === 'map') {
      const [key, value] = this.#parseBracketed()
      return { kind: 'map', key: key!, value: value! }
    }
    if (['bool', 'i32', 'i64', 'string', 'binary'].includes(name)) return { kind: name } as IdlType
    return { kind: 'struct', name }
  }

  #parseBracketed(): IdlType[] {
    this.#expect('<')
    const types = [this.#parseType()]
    while (this.#skipIf(',')) types.push(this.#parseType())
    this.#expect('>')
    return types
  }

  #peek(): string {
    return this.#tokens[this.#next] ?? ''
  }

  #take(): string {
    this.#next += 1
    return this.#tokens[this.#next - 1] ?? ''
  }

  #skipIf(token: string): boolean {
    if (this.#peek() !== token) return false
    this.#next += 1
    return true
  }

  #expect(token: string): void {
    const found = this.#take()
    if (found !== token) throw new Error(`expected ${token}, found ${found}`)
  }
}
