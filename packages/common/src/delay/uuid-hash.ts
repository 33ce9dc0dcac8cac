/** The hash by which delayed messages are spread: that of a Java string, as a signed 32-bit number (chronos.md §5.2). */
export function uuidHash(uuid: string): number {
  let hash = 0
  for (let index = 0; index < uuid.length; index++) hash = (Math.imul(hash, 31) + uuid.charCodeAt(index)) | 0
  return hash
}
