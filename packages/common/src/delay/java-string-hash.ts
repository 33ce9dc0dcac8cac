/**
 * Java's `String.hashCode`: 31·h + UTF-16 unit, wrapping in 32 bits. Keys and the uuids of delayed messages are spread by it
 * (producer-proxy.md §21, chronos.md §5.2).
 */
export function javaStringHash(text: string): number {
  let hash = 0
  for (let index = 0; index < text.length; index++) hash = (Math.imul(hash, 31) + text.charCodeAt(index)) | 0
  return hash
}
