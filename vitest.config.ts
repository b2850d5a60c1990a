import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { configDefaults, defineConfig } from 'vitest/config'
import { NIGHTLY, within } from './test/long-runs.ts'
import { LongestFirst } from './test/longest-first.ts'
import { PATIENT } from './test/patient.ts'

/** Tests and sources get PGlite from here. Processes that a test starts open it as it is. */
const PGLITE = fileURLToPath(new URL('./test/pglite/initialized-pglite.mjs', import.meta.url))
const TYPESCRIPT_IN_WORKERS = new URL('./test/typescript/in-workers.mjs', import.meta.url).href

const ALL = ['packages/**/test/**/*.test.ts', 'test/**/*.test.ts']
/**
 * Files that have a process of their own: what starts servers and programs, what replaces modules, and what runs for minutes. All others run one
 * after the other in processes that they share, because reading the sources and what they import was a fifth of all work. Modules that several
 * of them import are evaluated once, so what is set up or cleaned up for each file stands in the file itself.
 */
const APART = [
  'test/{bench,differential,guide,house,soak}/**/*.test.ts',
  'test/attacks/{barrier,floor*,revocation-feed,shared-state,shown-barrier,sql-*,state-*}.test.ts',
  'test/e2e/{floor-start,job-faults,kept-decisions,killed-*,mapped-clinic,resource-sources,revoked-stream}.test.ts',
  'test/e2e/{round-trips,sql-relationships,start}.test.ts',
  'packages/{lockstep,stores}/test/**/*.test.ts',
  'packages/bindings/{kysely,pg}/test/**/*.test.ts',
  'packages/engines/audit/test/**/*.test.ts',
  'packages/engines/policy/test/{oracle,standing}.test.ts',
  'packages/engines/tokens/test/remembered-keys.test.ts',
]
// Minutes each: `npm run test:nightly` runs them.
const LEFT_OUT = [...configDefaults.exclude, ...(NIGHTLY ? [] : ['test/soak/**'])]

export default defineConfig({
  plugins: [
    {
      name: 'initialized-pglite',
      enforce: 'pre',
      resolveId: (id, importer) => (id === '@electric-sql/pglite' && importer !== PGLITE ? PGLITE : undefined),
    },
  ],
  // Tests run against the packages' sources: a change is tested without a build in between.
  resolve: { conditions: ['lockstep-source'] },
  ssr: { resolve: { conditions: ['lockstep-source'] } },
  test: {
    projects: [
      { extends: true, test: { name: 'apart', include: APART, exclude: LEFT_OUT } },
      { extends: true, test: { name: 'together', isolate: false, include: ALL, exclude: [...LEFT_OUT, ...APART] } },
    ],
    execArgv: ['--import', TYPESCRIPT_IN_WORKERS, ...(NIGHTLY ? ['--expose-gc'] : [])],
    sequence: { sequencer: LongestFirst },
    globalSetup: ['test/differential/shared-postgres.ts'],
    setupFiles: ['test/long-runs-setup.ts'],
    // By default two cores get one worker, and many tests wait for databases and other processes.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // a machine that is busy is slow, and that is no fault
    testTimeout: within(180_000),
    hookTimeout: 240_000,
    expect: { poll: PATIENT },
  },
})
