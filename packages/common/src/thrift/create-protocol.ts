import { BinaryReader } from './binary-reader.ts'
import { BinaryWriter } from './binary-writer.ts'
import { CompactReader } from './compact-reader.ts'
import { CompactWriter } from './compact-writer.ts'
import type { ProtocolName, ProtocolReader, ProtocolWriter } from './protocol.ts'

export function createReader(protocol: ProtocolName): ProtocolReader {
  return protocol === 'compact' ? new CompactReader() : new BinaryReader()
}

export function createWriter(protocol: ProtocolName): ProtocolWriter {
  return protocol === 'compact' ? new CompactWriter() : new BinaryWriter()
}
