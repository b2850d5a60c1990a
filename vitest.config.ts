import { defineConfig } from 'vitest/config'

export default defineConfig({
  // Tests run against the packages' sources: a change is tested without a build in between.
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'] } },
  test: {
    include: ['packages/**/test/**/*.test.ts', 'test/**/*.test.ts'],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
})
