import { defineConfig } from 'vitest/config'

const conditions = ['@ddmq/source', 'node', 'default']

/** One project: every package's tests run against sources, found through the `@ddmq/source` export condition. */
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ['packages/**/test/**/*.test.ts', 'tools/**/test/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**'],
    execArgv: ['--conditions=@ddmq/source'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
  },
})
