const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const KEY_LENGTH = 16

/** Sixteen alphanumerics, the form of generated keys that servers and tools know (sdk.md §1.2). Not a secret. */
export function randomKey(random: () => number): string {
  let key = ''
  for (let index = 0; index < KEY_LENGTH; index += 1) {
    key += ALPHABET.charAt(Math.floor(random() * ALPHABET.length))
  }
  return key
}
