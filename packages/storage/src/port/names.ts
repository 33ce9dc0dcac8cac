import { StorageError } from '../errors.ts'

const NAME = /^[a-zA-Z0-9._-]{1,249}$/

/** Throws `invalid` for a name outside the rule of `createTopic`. */
export function checkTopicName(topic: string): void {
  if (NAME.test(topic) && topic !== '.' && topic !== '..') return
  const shown = JSON.stringify(topic.slice(0, 260))
  throw new StorageError(
    'invalid',
    `topic ${shown}: a name has 1 to 249 of a-z A-Z 0-9 . _ - and is not . or ..`,
  )
}

/** Throws `invalid` for a name that cannot be kept as a group's or a transactor's: 1–249 characters, none of control. */
export function checkHolderName(what: 'group' | 'transactional id', name: string): void {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (name.length > 0 && name.length <= 249 && !/[\u0000-\u001f\u007f]/.test(name)) return
  const shown = JSON.stringify(name.slice(0, 260))
  throw new StorageError(
    'invalid',
    `${what} ${shown}: a name has 1 to 249 characters, none of them control characters`,
  )
}
