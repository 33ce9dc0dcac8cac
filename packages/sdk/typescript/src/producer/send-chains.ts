import { isSuccess } from '../core/result-code.ts'
import type { Message } from '../message.ts'
import { invalidOption } from '../option-check.ts'
import type { BatchMode, BatchResult, SendResult } from './producer.ts'
import { batchResult, CLOSED_END, resultOf } from './send-result.ts'

/**
 * Sends a list message by message. `parallel` makes one chain of the messages with one topic and one `hashId` and a chain of
 * its own of every other message; `ordered` makes one chain of all. Chains run side by side, each in list order; behind a
 * message that fails, the rest of its chain is not sent.
 */
export async function sendChains(
  messages: readonly Message[],
  mode: Exclude<BatchMode, 'rpc'>,
  send: (message: Message) => Promise<SendResult>,
): Promise<BatchResult> {
  if (mode !== 'ordered' && mode !== 'parallel')
    throw invalidOption('mode must be "rpc", "ordered" or "parallel"')
  const results: SendResult[] = []
  const sendChain = async (chain: readonly number[]): Promise<void> => {
    let failed: SendResult | undefined
    for (const index of chain) {
      const message = messages[index]
      if (message === undefined) continue
      const result: SendResult = failed === undefined ? await send(message) : notTried(failed, message.key)
      results[index] = result
      if (!isSuccess(result.code)) failed ??= result
    }
  }
  const chains = mode === 'ordered' ? [messages.map((_, index) => index)] : planChains(messages)
  await Promise.all(chains.map(sendChain))
  return batchResult(results)
}

/** The chains of a parallel batch, as indexes into the list; each index is in exactly one. */
export function planChains(messages: readonly Message[]): readonly (readonly number[])[] {
  const chains = new Map<string, number[]>()
  messages.forEach(({ topic, hashId }, index) => {
    const name =
      hashId === undefined ? `#${index}` : `${typeof hashId === 'string' ? 's' : 'n'}${hashId}@${topic}`
    const chain = chains.get(name)
    if (chain === undefined) chains.set(name, [index])
    else chain.push(index)
  })
  return [...chains.values()]
}

/** The result of a message behind one that failed: it was not sent, so sending it later is safe. */
function notTried(failed: SendResult, key = ''): SendResult {
  const message = `not sent, because an earlier message failed: ${failed.message}`
  return resultOf({ ...CLOSED_END, code: failed.code, message, retriable: failed.retriable }, key, 0)
}
