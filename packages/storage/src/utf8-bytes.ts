/** Short ASCII names are counted here; a call into the runtime costs more than the loop. */
export function utf8Bytes(text: string): number {
  const { length } = text
  if (length > 64) return Buffer.byteLength(text)
  for (let index = 0; index < length; index++) {
    if (text.charCodeAt(index) > 0x7f) return Buffer.byteLength(text)
  }
  return length
}
