import { readdir, readFile } from 'node:fs/promises'
import { kill } from 'node:process'
import { eventually } from './eventually.ts'

/** SIGSTOP; resolves when no thread of the process runs any more. A busy machine takes its time to get there. */
export async function freezeProcess(pid: number): Promise<void> {
  kill(pid, 'SIGSTOP')
  await eventually(async () => {
    for (const thread of await readdir(`/proc/${pid}/task`)) {
      const stat = await readFile(`/proc/${pid}/task/${thread}/stat`, 'utf8')
      // `pid (name) state …`, and the name may have any characters in it.
      const state = stat.charAt(stat.lastIndexOf(')') + 2)
      if (state !== 'T') throw new Error(`thread ${thread} of process ${pid} is in state ${state}`)
    }
  })
}
