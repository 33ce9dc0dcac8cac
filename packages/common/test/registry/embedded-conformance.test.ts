import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { CONFIG_ROOT, EmbeddedRegistry } from '@ddmq/common/registry'
import { describeRegistry } from '@ddmq/common/registry/conformance'
import { tempDir, testLogger } from '@ddmq/testkit'
import { nodeFileName } from '../../src/registry/node-file-name.ts'

function fileOf(dir: string, path: string): { file: string; name: string } {
  const [kind = '', ...rest] = path.slice(CONFIG_ROOT.length + 1).split('/')
  const name = rest.join('/')
  const isContainer = name === '' || kind === 'monitor'
  const file = isContainer ? join(dir, kind, name, '.container') : join(dir, kind, nodeFileName(name))
  return { file, name }
}

describeRegistry({
  name: 'embedded',
  async open() {
    const dir = await tempDir()
    const registry = new EmbeddedRegistry({ dir: dir.path, log: testLogger().log })
    await registry.start()
    return {
      registry,
      async writeRaw(path, text) {
        const { file, name } = fileOf(dir.path, path)
        await mkdir(dirname(file), { recursive: true })
        await writeFile(file, `${JSON.stringify({ format: 1, name, version: 0 })}\n${text}\n`)
      },
      async readRaw(path) {
        const { file } = fileOf(dir.path, path)
        const content = await readFile(file, 'utf8').catch(() => undefined)
        return file.endsWith('.container') ? content : content?.slice(content.indexOf('\n') + 1).trimEnd()
      },
      async [Symbol.asyncDispose]() {
        await registry.stop()
        await dir[Symbol.asyncDispose]()
      },
    }
  },
})
